/** The directory holds files but no log; nothing was changed. */
export class ForeignFileError extends Error {
  /** The class's name. */
  override readonly name = "ForeignFileError";

  /** Made on opening. */
  constructor(
    /** The path of the file. */
    readonly path: string,
  ) {
    super(
      `Cannot begin a log in the directory of "${path}" because that file is ` +
        "not a log's: move it away, or give the log a directory of its own",
    );
  }
}

/** The directory holds a file that is not the log's; nothing was changed. */
export class ForeignFileError extends Error {
  /** The class's name. */
  override readonly name = "ForeignFileError";

  /** Made on opening. */
  constructor(
    /** The path of the file. */
    readonly path: string,
  ) {
    super(
      `Cannot use the directory of "${path}" as a log as that file is not ` +
        "the log's: move it away, or give the log a directory of its own",
    );
  }
}

/**
 * A segment or manifest uses a version, or a feature, of the format that this
 * version of the library does not know.
 */
export class FormatVersionError extends Error {
  /** The class's name. */
  override readonly name = "FormatVersionError";

  /** Made by whoever reads segments. */
  constructor(
    /** The path of the file. */
    readonly segment: string,
    /** What it uses, such as `"version 2"`. */
    readonly found: string,
    /** What this library reads instead. */
    readonly supported: string,
  ) {
    super(
      `Cannot read "${segment}" because it uses ${found} of the format: this ` +
        `library reads ${supported}`,
    );
  }
}

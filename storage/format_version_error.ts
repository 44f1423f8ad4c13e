/** A segment was written in a format that this version does not read. */
export class FormatVersionError extends Error {
  /** The class's name. */
  override readonly name = "FormatVersionError";

  /** Made by whoever reads segments. */
  constructor(
    /** The path of the segment. */
    readonly segment: string,
    /** The version that it says it is. */
    readonly found: string,
    /** The version that this library reads. */
    readonly supported: string,
  ) {
    super(
      `Cannot read "${segment}" as its format version is ${found}: ` +
        `this library reads version ${supported}`,
    );
  }
}

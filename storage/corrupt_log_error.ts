/**
 * What is on storage cannot have been left by a crash: bytes that were synced
 * have changed or are gone, or a segment is missing. Nothing was changed.
 */
export class CorruptLogError extends Error {
  /** The class's name. */
  override readonly name = "CorruptLogError";

  /** Made by whoever reads segments. */
  constructor(
    /** The path of the segment. */
    readonly segment: string,
    /** Where in it, in bytes. */
    readonly offset: number,
    /** What is wrong: what was expected, what was found. */
    readonly reason: string,
  ) {
    super(`Cannot trust "${segment}" at offset ${offset}: ${reason}`);
  }
}

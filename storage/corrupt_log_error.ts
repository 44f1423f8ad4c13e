import type { EnvelopeFault } from "./format/envelope.ts";
import type { FrameFault } from "./format/frame.ts";

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

/** A fault in words. */
export function describeFault(
  { fault, expected, found }: FrameFault | EnvelopeFault,
): string {
  return `${fault}: expected ${expected}, found ${found}`;
}

/** The error for record `lsn`, which a fault at `offset` keeps from readers. */
export function missingRecord(
  path: string,
  lsn: number,
  stop: FrameFault & { offset: number },
): CorruptLogError {
  const reason = `record ${lsn} is missing (${describeFault(stop)})`;
  return new CorruptLogError(path, stop.offset, reason);
}

import type { EnvelopeFault } from "./format/envelope.ts";
import type { FrameFault } from "./format/frame.ts";

/**
 * Thrown when a log is damaged in a way that no crash explains: synced bytes
 * have changed or are gone, or a segment is missing. Nothing on storage was
 * changed.
 */
export class CorruptLogError extends Error {
  /** The class's name. */
  override readonly name = "CorruptLogError";

  /** Creates the error for one place in a file. */
  constructor(
    /**
     * The path of the damaged file: a segment, the manifest, or the log's
     * directory.
     */
    readonly segment: string,
    /** The offset in that file, in bytes. */
    readonly offset: number,
    /** What is wrong: what was expected and what was found. */
    readonly reason: string,
  ) {
    super(`Cannot read "${segment}" at offset ${offset}: ${reason}`);
  }
}

/** Describes a fault for a message. */
export function describeFault(
  { fault, expected, found }: FrameFault | EnvelopeFault,
): string {
  return `${fault}: expected ${expected}, found ${found}`;
}

/** The error for record `lsn`, which a fault makes unreadable. */
export function missingRecord(
  path: string,
  lsn: number,
  stop: FrameFault & { offset: number },
): CorruptLogError {
  const reason = `record ${lsn} is missing (${describeFault(stop)})`;
  return new CorruptLogError(path, stop.offset, reason);
}

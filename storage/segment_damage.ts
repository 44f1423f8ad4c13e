import { CorruptLogError } from "./corrupt_log_error.ts";
import type { FrameFault } from "./format/frame.ts";
import type { SegmentFault } from "./format/segment_header.ts";

/** A fault in words. */
export function describeFault(
  { fault, expected, found }: FrameFault | SegmentFault,
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

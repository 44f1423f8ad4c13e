import type { AckLevel } from "./ack_level.ts";
import { measureRecord, requireRecord } from "./encode_record.ts";
import type { Entry } from "./intake.ts";
import { RecordTooLargeError } from "./record_too_large_error.ts";
import { requireIterable } from "./require_argument.ts";
import { MAX_FRAME_BYTES } from "./storage/format/frame.ts";

/** Checks and measures records that are to be in one frame. */
export function makeEntry(
  records: Iterable<Uint8Array | string>,
  level: AckLevel,
): Entry {
  const list = [...requireIterable(records)];
  if (list.length === 0) {
    throw new RangeError(
      "Cannot append a batch as it must hold a record: received none",
    );
  }
  const sizes: number[] = [];
  let bytes = 0;
  for (const record of list) {
    const size = measureRecord(requireRecord(record));
    sizes.push(size);
    bytes += size;
  }
  if (bytes > MAX_FRAME_BYTES) {
    throw new RecordTooLargeError(bytes, MAX_FRAME_BYTES);
  }
  return { records: list, sizes, bytes, level };
}

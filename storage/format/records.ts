import type { FrameFault } from "./frame.ts";
import { RECORD_HEADER_BYTES } from "./frame.ts";

/**
 * Splits the payload of a frame into its `count` records, which share the
 * payload's memory; a fault where the lengths do not add up, which a checksum
 * that holds rules out unless the writer was at fault.
 */
export function splitRecords(
  payload: Uint8Array,
  count: number,
): Uint8Array[] | FrameFault {
  const records = new Array<Uint8Array>(count);
  const { buffer, byteOffset, length } = payload;
  const view = new DataView(buffer, byteOffset, length);
  let at = 0;
  for (let index = 0; index < count; index++) {
    if (at + RECORD_HEADER_BYTES > length) return fault(index, at, length);
    const start = at + RECORD_HEADER_BYTES;
    at = start + view.getUint32(at, true);
    if (at > length) return fault(index, at, length);
    records[index] = new Uint8Array(buffer, byteOffset + start, at - start);
  }
  return at === length ? records : fault(count, at, length);
}

function fault(index: number, at: number, length: number): FrameFault {
  return {
    fault: "records",
    expected: `records that fill ${length} bytes`,
    found: `record ${index} at ${at}`,
  };
}

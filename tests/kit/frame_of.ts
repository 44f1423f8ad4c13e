import { FRAME_HEADER_BYTES } from "../../storage/format/mod.ts";
import type { FrameDraft } from "../../storage/frame_log.ts";

/** A frame of texts, for calls of a frame log. */
export function frameOf(
  firstLsn: number,
  texts: readonly string[],
): FrameDraft {
  const records = texts.map((text) => new TextEncoder().encode(text));
  const length = records.reduce((sum, one) => sum + 4 + one.length, 0);
  const buffer = new Uint8Array(FRAME_HEADER_BYTES + length + 7);
  const view = new DataView(buffer.buffer);
  let at = FRAME_HEADER_BYTES;
  for (const record of records) {
    view.setUint32(at, record.length, true);
    buffer.set(record, at + 4);
    at += 4 + record.length;
  }
  return { firstLsn, count: texts.length, buffer, length };
}

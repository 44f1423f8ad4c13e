/*
 * What a frame costs without a disk. Setup is not measured. One group per
 * situation.
 */
import { crc32, crc32Portable } from "../storage/format/crc32.ts";
import {
  decodeFrame,
  encodeFrame,
  FrameWindow,
  KIND,
} from "../storage/format/frame.ts";
import { splitRecords } from "../storage/format/records.ts";
import { Batch } from "../writer/batch.ts";

const RECORDS = 1000;
const record = new Uint8Array(100).fill(7);
const text = "x".repeat(100);
const batch = fill(record);
const header = {
  salt: 1,
  previous: 2,
  firstLsn: 1,
  syncedLsn: 0,
  count: batch.count,
  length: batch.length,
  time: 0,
  kind: KIND.records,
};
encodeFrame(batch.buffer, header);
const mebibyte = new Uint8Array(1024 * 1024).fill(3);

Deno.bench(
  "fill records=1000 of=bytes",
  { group: "fill", baseline: true },
  () => {
    fill(record);
  },
);
Deno.bench("fill records=1000 of=strings", { group: "fill" }, () => {
  fill(text);
});

Deno.bench(
  "encodeFrame records=1000",
  { group: "frame", baseline: true },
  () => {
    encodeFrame(batch.buffer, header);
  },
);
Deno.bench(
  "decodeFrame and splitRecords records=1000",
  { group: "frame" },
  () => {
    const frame = decodeFrame(new FrameWindow(batch.buffer), 0);
    if (!("fault" in frame)) splitRecords(frame);
  },
);

Deno.bench(
  "crc32 native bytes=1Mi",
  { group: "checksum", baseline: true },
  () => {
    crc32(mebibyte);
  },
);
Deno.bench("crc32 portable bytes=1Mi", { group: "checksum" }, () => {
  crc32Portable(mebibyte);
});

Deno.bench(
  "crc32 native bytes=100",
  { group: "checksum of a record", baseline: true },
  () => {
    crc32(record);
  },
);
Deno.bench(
  "crc32 portable bytes=100",
  { group: "checksum of a record" },
  () => {
    crc32Portable(record);
  },
);

function fill(from: Uint8Array | string): Batch {
  const filled = new Batch(1, 1 << 20);
  for (let index = 0; index < RECORDS; index++) filled.add(from, 104);
  return filled;
}

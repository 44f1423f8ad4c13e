/*
 * What the library itself costs for each record, on a log that keeps nothing:
 * divide by records to get ns per record. One group per situation.
 */
import { Wal } from "../wal.ts";
import { NullFrameLog } from "./process/null_frame_log.ts";

const RECORDS = 1000;
const record = new Uint8Array(100).fill(7);
const text = "x".repeat(100);
const wal = await Wal.open(new NullFrameLog());

async function enqueueAll(from: Uint8Array | string): Promise<void> {
  let lsn = 0;
  for (let index = 0; index < RECORDS; index++) lsn = wal.enqueue(from);
  await wal.settled(lsn);
}

Deno.bench(
  "append records=1000, each awaited by one of 1000 callers",
  { group: "hot loop", baseline: true },
  async () => {
    const acks: Promise<number>[] = [];
    for (let index = 0; index < RECORDS; index++) acks.push(wal.append(record));
    await Promise.all(acks);
  },
);
// Deno decides by `async` alone whether there is something to await.
Deno.bench(
  "enqueue records=1000, one settled",
  { group: "hot loop" },
  async () => await enqueueAll(record),
);
Deno.bench(
  "enqueue records=1000 of=strings, one settled",
  { group: "hot loop" },
  async () => await enqueueAll(text),
);

const kinds = [["ASCII", "x"], ["Latin-1", "\u00e9"], ["CJK", "\u8a9e"]];
for (const length of [10, 100, 1000, 10_000]) {
  for (const [kind, unit] of kinds) {
    const text = unit.repeat(length);
    Deno.bench(
      `enqueue records=1000 of=strings length=${length} kind=${kind}`,
      { group: `strings of ${length}`, baseline: unit === "x" },
      async () => await enqueueAll(text),
    );
  }
}

const batch = Array.from({ length: RECORDS }, () => record);
Deno.bench("appendBatch records=1000", { group: "hot loop" }, async () => {
  await wal.appendBatch(batch);
});

Deno.bench(
  "append records=1, awaited",
  { group: "turn", baseline: true },
  async () => {
    await wal.append(record);
  },
);
Deno.bench("setImmediate alone", { group: "turn" }, async () => {
  await new Promise((resolve) => setImmediate(resolve));
});

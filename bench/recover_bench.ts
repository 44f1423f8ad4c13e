/*
 * Opens a log of 256 MiB of 100 B records and reads all of it, by record and by
 * batch; the page cache is warm, so this is the cost of the code and of memory.
 * One iteration is 2,581,110 records.
 */
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Wal } from "../wal.ts";

const RECORD_BYTES = 100;
const RECORDS = Math.floor(256 * 1024 * 1024 / (RECORD_BYTES + 4));
const PER_FRAME = 1000;
const directory = fs.mkdtempSync(join(tmpdir(), "syncline-bench-"));
const log = join(directory, "log");

globalThis.addEventListener("unload", () => {
  fs.rmSync(directory, { recursive: true });
});

/** Written when it is first needed, so that other benches need not wait. */
let written: Promise<void> | undefined;

async function write(): Promise<void> {
  const record = new Uint8Array(RECORD_BYTES).fill(7);
  await using wal = await Wal.open(log, { synchronous: "off" });
  for (let left = RECORDS; left > 0; left -= PER_FRAME) {
    let lsn = 0;
    for (let index = Math.min(left, PER_FRAME); index > 0; index--) {
      lsn = wal.enqueue(record);
    }
    await wal.settled(lsn);
  }
}

const options = { group: "recover bytes=256Mi", n: 5, warmup: 1 };

Deno.bench(
  "open and readBatches",
  { ...options, baseline: true },
  async (b) => {
    await (written ??= write());
    b.start();
    await using wal = await Wal.open(log);
    let count = 0;
    for await (const { records } of wal.readBatches()) count += records.length;
    b.end();
    if (count !== RECORDS) throw new Error(`Read ${count} records`);
  },
);

Deno.bench("open and read", options, async (b) => {
  await (written ??= write());
  b.start();
  await using wal = await Wal.open(log);
  let count = 0;
  for await (const { data } of wal.read()) count += data.length > 0 ? 1 : 0;
  b.end();
  if (count !== RECORDS) throw new Error(`Read ${count} records`);
});

Deno.bench("open alone", options, async (b) => {
  await (written ??= write());
  b.start();
  await using _wal = await Wal.open(log);
  b.end();
});

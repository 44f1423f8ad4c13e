/*
 * Appends to a log in a temporary directory on this disk, against the floor:
 * write and fdatasync of the same bytes to a growing file.
 */
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Wal } from "../wal.ts";

const RECORD_BYTES = 100;
const record = new Uint8Array(RECORD_BYTES).fill(7);
const directory = fs.mkdtempSync(join(tmpdir(), "syncline-bench-"));
const wal = await Wal.open(join(directory, "log"));
const floor = fs.openSync(join(directory, "floor"), "w");
let floorBytes = 0;

globalThis.addEventListener("unload", () => {
  fs.closeSync(floor);
  fs.rmSync(directory, { recursive: true });
});

for (const callers of [1, 64, 1024]) {
  const group = `append callers=${callers} bytes=${RECORD_BYTES}`;
  const bytes = new Uint8Array(callers * (RECORD_BYTES + 4) + 40);

  Deno.bench(`write and fdatasync, ${group}`, { group, baseline: true }, () => {
    floorBytes += fs.writeSync(floor, bytes, 0, bytes.length, floorBytes);
    fs.fdatasyncSync(floor);
  });
  Deno.bench(`Wal.append, ${group}`, { group }, async () => {
    const acks: Promise<number>[] = [];
    for (let caller = 0; caller < callers; caller++) {
      acks.push(wal.append(record));
    }
    await Promise.all(acks);
  });
}

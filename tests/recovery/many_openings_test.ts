/*
 * Goal: a log that is opened often has few files. Method: cycles of open,
 * append, and close or death.
 */
import { readdirSync } from "node:fs";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { Wal } from "../../wal.ts";
import { assert, assertEquals } from "../kit/assert.ts";
import { test } from "../kit/register.ts";
import { withTempDir } from "../kit/temp_dir.ts";

const CYCLES = 300;
const MOST_FILES = 16;

async function requireLsns(wal: Wal, from: number, to: number): Promise<void> {
  let next = from;
  for await (const { lsn } of wal.read()) assertEquals(lsn, next++);
  assertEquals(next, to + 1);
}

test(`Wal has at most ${MOST_FILES} files after ${CYCLES} cycles of open, append, close`, () =>
  withTempDir(async (dir) => {
    for (let cycle = 1; cycle <= CYCLES; cycle++) {
      const wal = await Wal.open(dir);
      assertEquals(await wal.append(`record ${cycle}`), cycle);
      await wal.close();
      assert(readdirSync(dir).length <= MOST_FILES, readdirSync(dir).join());
    }
    const wal = await Wal.open(dir, { recovery: "strict" });
    await requireLsns(wal, 1, CYCLES);
    await wal.close();
  }));

for (const death of ["kill", "power"] as const) {
  test(`Wal has few files after ${CYCLES} deaths by ${death}`, async () => {
    let storage = new MemoryStorage();
    for (let cycle = 1; cycle <= CYCLES; cycle++) {
      const wal = await Wal.open(storage);
      assertEquals(await wal.append(`record ${cycle}`), cycle);
      storage = death === "kill" ? storage.kill() : storage.crash(() => 0);
      assert(storage.list().length <= MOST_FILES, storage.list().join());
    }
    const wal = await Wal.open(storage);
    await requireLsns(wal, 1, CYCLES);
    await wal.close();
  });
}

test("Wal merges segments with more than eight frames in each life", async () => {
  const storage = new MemoryStorage();
  let lsn = 0;
  for (let cycle = 1; cycle <= 60; cycle++) {
    const wal = await Wal.open(storage);
    for (let nth = 0; nth < 20; nth++) {
      assertEquals(await wal.append("x".repeat(nth)), ++lsn);
    }
    await wal.close();
    assert(storage.list().length <= MOST_FILES, storage.list().join());
  }
  const wal = await Wal.open(storage);
  await requireLsns(wal, 1, lsn);
  await wal.close();
});

test("Wal merges no further back than what a checkpoint keeps", async () => {
  const storage = new MemoryStorage();
  for (let cycle = 1; cycle <= 40; cycle++) {
    const wal = await Wal.open(storage);
    assertEquals(await wal.append(`record ${cycle}`), cycle);
    if (cycle % 5 === 0) await wal.truncateBefore(cycle - 1);
    await wal.close();
  }
  const wal = await Wal.open(storage);
  await requireLsns(wal, 39, 40);
  await wal.close();
});

import fc from "fast-check";
import { TruncatedError } from "../storage/frame_log.ts";
import { MemoryStorage } from "../storage/memory/memory_storage.ts";
import { StorageFullError } from "../storage/storage_error.ts";
import { Wal } from "../wal.ts";
import type { WalOptions } from "../wal_options.ts";
import { LogClosedError } from "../writer/log_closed_error.ts";
import { assert, assertEquals, assertRejects } from "./kit/assert.ts";
import { changed } from "./kit/changed_storage.ts";
import { test } from "./kit/register.ts";

/** What a log holds: one string per LSN, from `firstLsn` on. */
async function contents(wal: Wal): Promise<string[]> {
  const decoder = new TextDecoder();
  const found: string[] = [];
  for await (const { lsn, data } of wal.read()) {
    assertEquals(lsn, wal.firstLsn + found.length);
    found.push(decoder.decode(data));
  }
  return found;
}

/** Opens it again, which must change nothing. */
async function reopened(wal: Wal, storage: MemoryStorage): Promise<Wal> {
  const before = await contents(wal);
  await wal.close();
  const again = await Wal.open(storage);
  assertEquals(await contents(again), before);
  return again;
}

test("truncateAfter() cuts anywhere: within a frame, between frames and segments", async () => {
  const batches = [["a"], ["b", "c", "d"], ["e"], ["f", "g"], ["h"]];
  const all = batches.flat();
  for (let lsn = 0; lsn <= all.length; lsn++) {
    for (const segmentBytes of [4096, 65536]) {
      const storage = new MemoryStorage();
      const wal = await Wal.open(storage, { segmentBytes });
      const padding = "x".repeat(1500);
      for (const batch of batches) {
        await wal.appendBatch(batch.map((one) => one + padding));
      }
      await wal.truncateAfter(lsn);
      const kept = all.slice(0, lsn).map((one) => one + padding);
      assertEquals(await contents(wal), kept);
      assertEquals([wal.lastLsn, wal.writtenLsn, wal.durableLsn], [
        lsn,
        lsn,
        lsn,
      ]);
      assertEquals(await wal.append("next"), lsn + 1);
      assertEquals(await contents(wal), [...kept, "next"]);
      const again = await reopened(wal, storage);
      assertEquals(await again.append("later"), lsn + 2);
      assertEquals(await contents(again), [...kept, "next", "later"]);
      await again.close();
    }
  }
});

test("truncateAfter() again and again, with checkpoints and openings, is a shorter list", async () => {
  const command = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        add: fc.array(fc.nat(900), { minLength: 1, maxLength: 5 }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        cutTo: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
    },
    fc.record({ dropTo: fc.double({ min: 0, max: 1, noNaN: true }) }),
    fc.constant({ reopen: true } as const),
    fc.constant({ turn: true } as const),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(command, { maxLength: 25 }), async (commands) => {
      const storage = new MemoryStorage();
      const options: WalOptions = { segmentBytes: 4096 };
      let wal = await Wal.open(storage, options);
      let first = 1;
      let model: string[] = [];
      const at = (part: number) =>
        first - 1 + Math.floor(part * (model.length + 1));
      let made = 0;
      for (const command of commands) {
        if ("add" in command) {
          const records = command.add.map((size) =>
            `${made++} ${"x".repeat(size)}`
          );
          const { last } = await wal.appendBatch(records);
          model.push(...records);
          assertEquals(last, first + model.length - 1);
        } else if ("cutTo" in command) {
          const lsn = Math.min(at(command.cutTo), first + model.length - 1);
          await wal.truncateAfter(lsn);
          model = model.slice(0, lsn - first + 1);
        } else if ("dropTo" in command) {
          const lsn = at(command.dropTo) + 1;
          const kept = Math.min(lsn, first + model.length);
          await wal.truncateBefore(kept);
          model = model.slice(kept - first);
          first = kept;
        } else if ("turn" in command) {
          await new Promise((resolve) => setImmediate(resolve));
        } else {
          await wal.close();
          wal = await Wal.open(storage, options);
        }
        assertEquals(await contents(wal), model);
        assertEquals([wal.firstLsn, wal.lastLsn], [
          first,
          first + model.length - 1,
        ]);
      }
      await wal.close();
      const strict = await Wal.open(storage, { recovery: "strict" });
      assertEquals(await contents(strict), model);
      await strict.close();
    }),
    { numRuns: 150 },
  );
});

test("truncateAfter() flushes what came before it, and holds what comes after", async () => {
  const wal = await Wal.open(new MemoryStorage(), { maxQueuedRecords: 2 });
  const before = ["a", "b", "c", "d"].map((record) => wal.append(record));
  const cut = wal.truncateAfter(2);
  const after = ["e", "f", "g"].map((record) => wal.append(record));
  assertEquals(await Promise.all(before), [1, 2, 3, 4]);
  await cut;
  assertEquals(await Promise.all(after), [3, 4, 5]);
  assertEquals(await contents(wal), ["a", "b", "e", "f", "g"]);
  await wal.close();
});

test("truncateAfter() ends reads that have gone beyond it, and no others", async () => {
  const wal = await Wal.open(new MemoryStorage());
  for (const record of ["a", "b", "c", "d"]) await wal.append(record);
  const beyond = wal.read();
  for (let lsn = 1; lsn <= 3; lsn++) await beyond.next();
  const within = wal.read({ to: 2 });
  await within.next();
  await wal.truncateAfter(2);
  const error = await assertRejects(() => beyond.next(), TruncatedError);
  assertEquals(error.lastLsn, 2);
  assertEquals((await within.next()).value?.lsn, 2);
  assertEquals((await within.next()).done, true);
  await assertRejects(() => wal.get(3), RangeError);
  await wal.close();
});

test("truncateAfter() without space drops nothing, and works once there is some", async () => {
  for (const failing of ["create", "write", "link"] as const) {
    let isFull = false;
    const storage = new MemoryStorage({
      onCall: ({ operation, file }) =>
        isFull && operation === failing && file.includes(".wal")
          ? { error: "ENOSPC" }
          : undefined,
    });
    const wal = await Wal.open(storage);
    await wal.appendBatch(["a", "b", "c"]);
    isFull = true;
    await assertRejects(() => wal.truncateAfter(2), StorageFullError);
    isFull = false;
    assertEquals(await contents(wal), ["a", "b", "c"]);
    assertEquals(await wal.append("d"), 4);
    assertEquals(await contents(await reopened(wal, storage)), [..."abcd"]);
    const survivor = await Wal.open(storage.kill());
    await survivor.truncateAfter(1);
    assertEquals(await contents(survivor), ["a"]);
  }
});

test("truncateAfter() refuses what is not in the log, and does nothing then", async () => {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage, { firstLsn: 5 });
  await wal.appendBatch(["a", "b"]);
  for (const lsn of [3, 7, -1, 4.5, NaN]) {
    await assertRejects(
      () => wal.truncateAfter(lsn),
      RangeError,
      "from 4 to 6",
    );
  }
  await assertRejects(() => wal.truncateAfter("5" as never), TypeError);
  const files = storage.list();
  await wal.truncateAfter(6);
  assertEquals(storage.list(), files);
  assert(files.length > 0);
  await wal.close();
  await assertRejects(() => wal.truncateAfter(5), LogClosedError);
});

test("truncateAfter() on a storage whose lock cannot be renewed changes nothing", async () => {
  const memory = new MemoryStorage();
  const storage = changed(memory, {
    lock: () => ({ renew: undefined }),
  });
  const wal = await Wal.open(storage);
  await wal.appendBatch(["a", "b"]);
  await assertRejects(() => wal.truncateAfter(1), TypeError, "no method renew");
  assertEquals(await wal.append("c"), 3);
  assertEquals(await contents(wal), ["a", "b", "c"]);
  await wal.close();
});

test("close() writes what follows a cut, though it ends where the log was opened", async () => {
  const storage = new MemoryStorage();
  const before = await Wal.open(storage);
  await before.appendBatch(["a", "b", "c"]);
  await before.close();
  const wal = await Wal.open(storage);
  await wal.truncateAfter(1);
  wal.enqueue("B");
  const acked = wal.append("C");
  await wal.close();
  assertEquals(await acked, 3);
  const again = await Wal.open(storage);
  assertEquals(await contents(again), ["a", "B", "C"]);
  await again.close();
});

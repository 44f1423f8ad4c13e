/*
 * Goal: nothing that a held cursor needs is dropped, up to the limit, and
 * everything else is. Method: a model drawn by fast-check for the decision, and
 * logs in memory for what surrounds it.
 */
import fc from "fast-check";
import { CursorFiles } from "../../../reader/cursors/cursor_files.ts";
import {
  cursorsOf,
  decideHold,
  needsOf,
} from "../../../reader/cursors/hold_back.ts";
import { CompactedError } from "../../../storage/frame_log.ts";
import { MemoryStorage } from "../../../storage/memory/memory_storage.ts";
import { NoDirectoryError } from "../../../storage/no_directory_error.ts";
import { Wal } from "../../../wal.ts";
import type { WalOptions } from "../../../wal_options.ts";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "../../kit/assert.ts";
import { openWal } from "../../kit/open_wal.ts";
import { test } from "../../kit/register.ts";

const LIMITLESS = 2 ** 40;

/** A log with a record per segment, and what it warned of. */
async function makeLog(
  records: number,
  cursors: WalOptions["cursors"],
  storage = new MemoryStorage(),
): Promise<{ wal: Wal; storage: MemoryStorage; warnings: string[] }> {
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  const options = { segmentBytes: 4096, cursors, warn };
  const wal = await Wal.open(storage, options);
  for (let nth = 0; nth < records; nth++) {
    await wal.append(new Uint8Array(3900));
  }
  return { wal, storage, warnings };
}

test("decideHold() keeps all that is needed within the limit, and no more", () => {
  const segments = fc.array(fc.record({ records: fc.nat(5), bytes: fc.nat(9) }))
    .map((sizes) => {
      let firstLsn = 1;
      return sizes.map(({ records, bytes }) => {
        const segment = { firstLsn, bytes };
        firstLsn += records + 1;
        return segment;
      });
    });
  const cursors = fc.array(
    fc.record({
      name: fc.constantFrom("a", "b", "c"),
      places: fc.array(fc.nat(30), { minLength: 1, maxLength: 3 }),
    }),
    { maxLength: 4 },
  );
  const log = fc.record({
    segments,
    cursors,
    limitBytes: fc.nat(40),
    firstLsn: fc.integer({ min: 1, max: 20 }),
    lsn: fc.integer({ min: 1, max: 30 }),
  });
  fc.assert(fc.property(log, (log) => {
    const { segments, cursors, limitBytes, firstLsn, lsn } = log;
    const needs = needsOf(cursors, firstLsn);
    const { keepFrom, left } = decideHold(lsn, needs, segments, limitBytes);
    assert(keepFrom <= lsn);
    // By the definition: one cursor at a time, one segment at a time.
    const needed = cursors.flatMap(({ places }) => {
      const next = places.map((place) => place + 1)
        .filter((next) => next >= firstLsn).sort((a, b) => a - b)[0];
      let bytes = 0;
      for (let at = 0; at < segments.length - 1; at++) {
        if (segments[at].firstLsn > next) bytes += segments[at].bytes;
      }
      return next === undefined || bytes > limitBytes ? [] : next;
    });
    assertEquals(keepFrom, Math.min(lsn, ...needed));
    for (const { from } of left) assert(from < keepFrom);
    for (const next of needed) assert(next >= keepFrom || next >= lsn);
  }));
});

test("Wal.truncateBefore() drops only below the lowest cursor held", async () => {
  const { wal } = await makeLog(6, { hold: ["a", "b"], limitBytes: LIMITLESS });
  const [a, b, c] = await Promise.all(
    ["a", "b", "c"].map((name) => wal.cursor(name)),
  );
  await a.commit(3);
  await b.commit(4);
  assertEquals(await wal.truncateBefore(7), 4);
  assertEquals(wal.firstLsn, 4);
  await assertRejects(() => c.next(), CompactedError); // It is not held.
  assertEquals((await a.next())?.lsn, 4);
  await a.commit(6);
  assertEquals(await wal.truncateBefore(7), 5);
  await b.commit(6);
  assertEquals(await wal.truncateBefore(6), 6);
  assertEquals(await wal.truncateBefore(7), 7);
  assertEquals(await wal.truncateBefore(2), 7);
  await wal.close();
});

test("Wal.truncateBefore() without cursors drops what is asked", async () => {
  const { wal } = await makeLog(3, undefined);
  const cursor = await wal.cursor("a");
  assertEquals(await wal.truncateBefore(3), 3);
  await assertRejects(() => cursor.next(), CompactedError);
  await wal.close();
});

test("Wal.truncateBefore() holds back for a name that has no file yet", async () => {
  const { wal } = await makeLog(4, { hold: ["new"], limitBytes: LIMITLESS });
  assertEquals(await wal.truncateBefore(5), 1);
  const cursor = await wal.cursor("new");
  assertEquals((await cursor.next())?.lsn, 1);
  await cursor.commit();
  assertEquals(await wal.truncateBefore(5), 2);
  await wal.close();
  const all = await makeLog(4, { hold: "all", limitBytes: LIMITLESS });
  assertEquals(await all.wal.truncateBefore(5), 5);
  await all.wal.close();
});

test("Wal.truncateBefore() leaves a cursor behind beyond the limit, and says so", async () => {
  const cursors = { hold: "all", limitBytes: 9000 } as const;
  const { wal, warnings } = await makeLog(4, cursors);
  const [slow, quick] = [await wal.cursor("slow"), await wal.cursor("quick")];
  await quick.commit(4);
  // Segments 2 and 3 count for the slow one: less than 9000 bytes.
  assertEquals(await wal.truncateBefore(5), 1);
  await wal.append(new Uint8Array(3900));
  assertEquals(warnings, []);
  assertEquals(await wal.truncateBefore(6), 5);
  assertEquals(warnings.length, 1);
  assertStringIncludes(warnings[0], 'cursor "slow" of "[memory]"');
  const error = await assertRejects(() => slow.next(), CompactedError);
  assertEquals(error.firstLsn, 5);
  // What it needs is gone already, so it holds back nothing.
  await quick.commit(5);
  assertEquals(await wal.truncateBefore(6), 6);
  assertEquals(warnings.length, 1);
  await wal.append("x");
  await slow.seek(error.firstLsn + 1);
  assertEquals((await slow.next())?.lsn, 6);
  await wal.close();
});

test("Wal.truncateBefore() drops nothing while a held cursor cannot be read", async () => {
  const { wal, storage, warnings } = await makeLog(4, {
    hold: ["a"],
    limitBytes: 0,
  });
  await (await wal.cursor("a")).commit(4);
  const bytes = storage.get("a.cursor")!;
  storage.put("a.cursor", bytes.map((byte) => byte ^ 1));
  assertEquals(await wal.truncateBefore(5), 1);
  assertStringIncludes(warnings[0], '"[memory]/a.cursor" cannot be read');
  storage.put("a.cursor", bytes);
  assertEquals(await wal.truncateBefore(5), 5);
  assertEquals(warnings.length, 1);
  await wal.close();
});

test("Wal.truncateBefore() ignores a cursor of another log", async () => {
  const other = await makeLog(2, undefined);
  await other.wal.cursor("a");
  const { wal, storage } = await makeLog(2, {
    hold: "all",
    limitBytes: LIMITLESS,
  });
  storage.put("a.cursor", other.storage.get("a.cursor")!);
  assertEquals(await cursorsOf(new CursorFiles(storage)), []);
  assertEquals(await wal.truncateBefore(3), 3);
  await other.wal.close();
  await wal.close();
});

test("Wal.truncateBefore() never relies on a commit that is not durable", async () => {
  let isFailing = false;
  const storage = new MemoryStorage({
    onCall: ({ operation, file }) =>
      isFailing && operation === "datasync" && file === "a.cursor"
        ? { error: "EIO" }
        : undefined,
  });
  const cursors = { hold: "all", limitBytes: LIMITLESS } as const;
  const { wal } = await makeLog(5, cursors, storage);
  const cursor = await wal.cursor("a");
  await cursor.commit(2);
  isFailing = true;
  await assertRejects(() => cursor.commit(4), Error, "EIO");
  // Another consumer reads 4, and a crash takes that back.
  assertEquals((await wal.cursor("a")).committedLsn, 4);
  assertEquals((await cursorsOf(new CursorFiles(storage)))[0].committedLsn, 4);
  assertEquals(await wal.truncateBefore(6), 3);
  isFailing = false;
  const crashed = await Wal.open(storage.crash(() => 0), { warn() {} });
  const again = await crashed.cursor("a");
  assertEquals(again.committedLsn, 2);
  assertEquals((await again.next())?.lsn, 3);
  await crashed.close();
  await cursor.commit(5);
  assertEquals(await wal.truncateBefore(6), 6);
  await wal.close();
});

test("Wal.open() refuses bad options for cursors", async () => {
  const bad: [unknown, typeof TypeError | typeof RangeError][] = [
    [null, TypeError],
    [{ hold: "some", limitBytes: 1 }, TypeError],
    [{ hold: ["A"], limitBytes: 1 }, TypeError],
    [{ hold: "all" }, TypeError],
    [{ hold: "all", limitBytes: -1 }, RangeError],
    [{ hold: "all", limitBytes: 1, x: 1 }, TypeError],
  ];
  for (const [cursors, type] of bad) {
    await assertRejects(
      () => Wal.open(new MemoryStorage(), { cursors: cursors as never }),
      type,
    );
  }
  await assertRejects(
    () => openWal({ cursors: { hold: "all", limitBytes: 0 } }),
    NoDirectoryError,
  );
});

/*
 * Goal: a cursor hands out each durable record after its place, in order, and
 * its commits are checked. Method: logs in memory of a few records, each case
 * by itself.
 */
import type { Cursor } from "../../../reader/cursors/cursor.ts";
import {
  CursorMovedError,
  ForeignCursorError,
} from "../../../reader/cursors/cursor_file.ts";
import { CorruptLogError } from "../../../storage/corrupt_log_error.ts";
import {
  decodeCursor,
  encodeCursor,
} from "../../../storage/format/companions/mod.ts";
import { CompactedError, TruncatedError } from "../../../storage/frame_log.ts";
import { MemoryStorage } from "../../../storage/memory/memory_storage.ts";
import { NoDirectoryError } from "../../../storage/no_directory_error.ts";
import { Wal } from "../../../wal.ts";
import type { WalOptions } from "../../../wal_options.ts";
import { LogClosedError } from "../../../writer/log_closed_error.ts";
import { assert, assertEquals, assertRejects } from "../../kit/assert.ts";
import { openWal } from "../../kit/open_wal.ts";
import { test } from "../../kit/register.ts";

const OPTIONS: WalOptions = { segmentBytes: 4096, warn() {} };

async function makeLog(
  records: number,
  options: WalOptions = {},
): Promise<{ wal: Wal; storage: MemoryStorage }> {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage, { ...OPTIONS, ...options });
  for (let lsn = 1; lsn <= records; lsn++) await wal.append(`${lsn}`);
  return { wal, storage };
}

/** The next LSNs that a cursor hands out. */
async function take(cursor: Cursor, count: number): Promise<number[]> {
  const lsns: number[] = [];
  while (lsns.length < count) {
    const record = await cursor.next();
    if (record === undefined) break;
    assertEquals(new TextDecoder().decode(record.data), `${record.lsn}`);
    lsns.push(record.lsn);
  }
  return lsns;
}

test("Cursor.next() hands out each durable record once, and waits for more", async () => {
  const { wal } = await makeLog(3);
  const cursor = await wal.cursor("a");
  assertEquals(await take(cursor, 3), [1, 2, 3]);
  const more = take(cursor, 2);
  await wal.append("4");
  await wal.append("5");
  assertEquals(await more, [4, 5]);
  await wal.close();
  assertEquals(await cursor.next(), undefined);
});

test("Cursor.next() never hands out what is not durable", async () => {
  const { wal } = await makeLog(0, { synchronous: "off" });
  const cursor = await wal.cursor("a");
  await wal.append("1");
  let given = 0;
  const next = cursor.next().then((record) => given = record!.lsn);
  await new Promise((resolve) => setTimeout(resolve, 5));
  assertEquals(given, 0);
  assertEquals(cursor.lag, 0);
  await wal.flush();
  assertEquals(await next, 1);
  assertEquals(cursor.lag, 1);
  await wal.close();
});

test("Cursor.commit() is where the next consumer begins, however the last one ended", async () => {
  for (const how of ["closed", "killed", "crashed"] as const) {
    for (let committed = 0; committed <= 4; committed++) {
      const { wal, storage } = await makeLog(4);
      const cursor = await wal.cursor("a");
      await take(cursor, 4);
      assertEquals(cursor.committedLsn, 0);
      await cursor.commit(committed);
      assertEquals([cursor.committedLsn, cursor.lag], [
        committed,
        4 - committed,
      ]);
      if (how === "closed") await wal.close();
      const left = how === "crashed" ? storage.crash(() => 0) : storage.kill();
      if (how !== "closed") await wal.close();
      const again = await Wal.open(left, OPTIONS);
      const cursorAgain = await again.cursor("a");
      assertEquals(cursorAgain.committedLsn, committed);
      const rest = [1, 2, 3, 4].slice(committed);
      assertEquals(await take(cursorAgain, rest.length), rest);
      await again.close();
    }
  }
});

test("Cursor.commit() commits the last record handed out by default", async () => {
  const { wal } = await makeLog(5);
  const cursor = await wal.cursor("a");
  await cursor.commit();
  assertEquals(cursor.committedLsn, 0);
  for await (const { lsn } of cursor) if (lsn === 3) break;
  await cursor.commit();
  assertEquals(cursor.committedLsn, 3);
  assertEquals(await take(cursor, 2), [4, 5]);
  await wal.close();
  await cursor.commit(); // after the log was closed
  assertEquals(cursor.committedLsn, 5);
});

test("Cursor.commit() refuses what is not an LSN from the committed to the last durable one", async () => {
  const { wal } = await makeLog(3);
  const cursor = await wal.cursor("a");
  await cursor.commit(2);
  for (const lsn of [1, 4, 2.5, NaN, -1]) {
    await assertRejects(() => cursor.commit(lsn), RangeError);
  }
  await assertRejects(() => cursor.commit("3" as never), TypeError);
  assertEquals(cursor.committedLsn, 2);
  await cursor.close();
  await assertRejects(() => cursor.commit(3), LogClosedError);
  assertEquals(await cursor.next(), undefined);
  await wal.close();
});

test("Cursor.seek() goes back and forth, durably", async () => {
  const { wal, storage } = await makeLog(5);
  const cursor = await wal.cursor("a");
  await take(cursor, 4);
  await cursor.commit();
  await cursor.seek(2);
  assertEquals(cursor.committedLsn, 1);
  const waiting = take(cursor, 1);
  assertEquals(await waiting, [2]);
  const crashed = await Wal.open(storage.crash(() => 0), OPTIONS);
  assertEquals((await crashed.cursor("a")).committedLsn, 1);
  await crashed.close();
  await cursor.seek(6);
  const next = take(cursor, 1);
  await wal.append("6");
  assertEquals(await next, [6]);
  for (const lsn of [0, 8, 1.5]) {
    await assertRejects(() => cursor.seek(lsn), RangeError);
  }
  await wal.close();
});

test("Cursor.seek() moves a call of next that waits", async () => {
  const { wal } = await makeLog(2);
  const cursor = await wal.cursor("a", { from: 3 });
  const waiting = take(cursor, 1);
  await cursor.seek(1);
  assertEquals(await waiting, [1]);
  await wal.close();
});

test("Wal.cursor() begins at `from` only if the cursor is new", async () => {
  const { wal } = await makeLog(5);
  assertEquals(await take(await wal.cursor("a", { from: 4 }), 2), [4, 5]);
  assertEquals((await wal.cursor("a", { from: 2 })).committedLsn, 3);
  assertEquals((await wal.cursor("b", { from: 6 })).committedLsn, 5);
  await wal.truncateBefore(3);
  await assertRejects(() => wal.cursor("c", { from: 2 }), CompactedError);
  await assertRejects(() => wal.cursor("c", { from: 7 }), RangeError);
  assertEquals((await wal.cursor("c")).committedLsn, 2);
  await wal.close();
});

test("Wal.cursor() refuses bad names and options before it does anything", async () => {
  const { wal, storage } = await makeLog(1);
  const files = storage.list();
  for (const name of ["", "A", "a.b", "a/b", "ä", "a".repeat(65)]) {
    await assertRejects(() => wal.cursor(name), RangeError);
  }
  await assertRejects(() => wal.cursor(1 as never), TypeError);
  await assertRejects(() => wal.cursor("a", { form: 1 } as never), TypeError);
  await assertRejects(() => wal.cursor("a", { from: 0 }), RangeError);
  assertEquals(storage.list(), files);
  const cursor = await wal.cursor("a".repeat(64));
  await assertRejects(() => cursor.next({ signl: 1 } as never), TypeError);
  await wal.close();
  await assertRejects(() => wal.cursor("b"), LogClosedError);
});

test("Wal.cursor() needs a log with files", async () => {
  const { wal, close } = await openWal();
  await assertRejects(() => wal.cursor("a"), NoDirectoryError);
  await close();
});

test("Cursor.next() throws CompactedError if its record was dropped, and seek() continues", async () => {
  const { wal } = await makeLog(5);
  const cursor = await wal.cursor("a");
  await take(cursor, 1);
  await wal.truncateBefore(4);
  for (let nth = 0; nth < 2; nth++) {
    const error = await assertRejects(() => cursor.next(), CompactedError);
    assertEquals([error.lsn, error.firstLsn], [2, 4]);
  }
  await assertRejects(() => cursor.seek(3), CompactedError);
  await cursor.seek(4);
  assertEquals(await take(cursor, 2), [4, 5]);
  await wal.close();
});

test("Cursor.next() ends its wait when its signal is aborted, and loses nothing", async () => {
  const { wal } = await makeLog(1);
  const cursor = await wal.cursor("a");
  await take(cursor, 1);
  const controller = new AbortController();
  const waiting = cursor.next({ signal: controller.signal });
  const behind = cursor.next();
  controller.abort(new Error("enough"));
  await assertRejects(() => waiting, Error, "enough");
  await wal.append("2");
  assertEquals((await behind)?.lsn, 2);
  const aborted = AbortSignal.abort(new Error("before"));
  await wal.append("3");
  await assertRejects(() => cursor.next({ signal: aborted }), Error, "before");
  assertEquals(await take(cursor, 1), [3]);
  await wal.close();
});

test("Cursor.close() ends a call of next that waits", async () => {
  const { wal } = await makeLog(1);
  const cursor = await wal.cursor("a", { from: 2 });
  const waiting = cursor.next();
  await cursor.close();
  assertEquals(await waiting, undefined);
  await wal.close();
});

test("Wal.close() ends a cursor that waits, and cuts off one that had more to read", async () => {
  const { wal } = await makeLog(3);
  const [late, early] = [await wal.cursor("a"), await wal.cursor("b")];
  await take(late, 3);
  await take(early, 1);
  const waiting = late.next();
  await wal.close();
  assertEquals(await waiting, undefined);
  await assertRejects(() => early.next(), LogClosedError);
});

test("Cursor.commit() notices another consumer, and goes back for neither", async () => {
  const { wal } = await makeLog(5);
  const one = await wal.cursor("a");
  const two = await wal.cursor("a");
  await one.commit(2);
  const error = await assertRejects(() => two.commit(1), CursorMovedError);
  assertEquals([error.cursor, error.committedLsn], ["a", 2]);
  await one.commit(4);
  await assertRejects(() => two.commit(5), CursorMovedError);
  const three = await wal.cursor("a");
  assertEquals(three.committedLsn, 4);
  await three.commit(5);
  await assertRejects(() => one.commit(5), CursorMovedError);
  await wal.close();
});

test("Cursor.commit() makes durable what a killed consumer had left", async () => {
  let isFailing = false;
  const storage = new MemoryStorage({
    onCall: ({ operation }) =>
      isFailing && operation === "datasync" ? { error: "EIO" } : undefined,
  });
  const wal = await Wal.open(storage, OPTIONS);
  await wal.appendBatch(["1", "2", "3"]);
  const killed = await wal.cursor("a");
  isFailing = true;
  await assertRejects(() => killed.commit(3), Error, "EIO");
  isFailing = false;
  const cursor = await wal.cursor("a");
  assertEquals(cursor.committedLsn, 3);
  await cursor.commit(3);
  const crashed = await Wal.open(storage.crash(() => 0), OPTIONS);
  assertEquals((await crashed.cursor("a")).committedLsn, 3);
  await crashed.close();
  await wal.close();
});

test("Wal.cursor() creates one file, however many create it at once", async () => {
  const { wal, storage } = await makeLog(3);
  const cursors = await Promise.all(
    [1, 2, 3].map((from) => wal.cursor("a", { from })),
  );
  const places = new Set(cursors.map(({ committedLsn }) => committedLsn));
  assertEquals(places.size, 1);
  const files = storage.list().filter((name) => name.includes("cursor"));
  assertEquals(files, ["a.cursor"]);
  await wal.close();
});

test("Wal.cursor() refuses a cursor of another log, and a damaged one", async () => {
  const { wal, storage } = await makeLog(2);
  const other = await makeLog(2);
  await other.wal.cursor("a");
  storage.put("a.cursor", other.storage.get("a.cursor")!);
  const error = await assertRejects(() => wal.cursor("a"), ForeignCursorError);
  assertEquals(error.path, "[memory]/a.cursor");
  storage.put("b.cursor", new Uint8Array(20_000));
  await assertRejects(() => wal.cursor("b"), CorruptLogError);
  await other.wal.close();
  await wal.close();
});

test("Cursor.next() and commit() tell of a cut below what was handed out, and seek() continues", async () => {
  const { wal } = await makeLog(5);
  const [ahead, back] = [await wal.cursor("ahead"), await wal.cursor("back")];
  await take(ahead, 5);
  await take(back, 3);
  const waiting = ahead.next();
  await wal.truncateAfter(3);
  const error = await assertRejects(() => waiting, TruncatedError);
  assertEquals(error.lastLsn, 3);
  for (let nth = 0; nth < 2; nth++) {
    await wal.append(`${4 + nth}`);
    await assertRejects(() => ahead.next(), TruncatedError);
    await assertRejects(() => ahead.commit(), TruncatedError);
  }
  await ahead.commit(3);
  await ahead.seek(4);
  assertEquals(await take(ahead, 2), [4, 5]);
  await ahead.commit();
  assertEquals(await take(back, 2), [4, 5]);
  await back.commit();
  assertEquals([ahead.committedLsn, back.committedLsn], [5, 5]);
  await wal.close();
});

test("Wal.cursor() notices a cut that happened while nobody had it open", async () => {
  for (const regrown of [0, 1, 5]) {
    const { wal, storage } = await makeLog(5);
    for (const [name, lsn] of [["a", 4], ["b", 3]] as const) {
      const cursor = await wal.cursor(name);
      await cursor.commit(lsn);
      await cursor.close();
    }
    await wal.truncateAfter(3);
    for (let lsn = 4; lsn < 4 + regrown; lsn++) await wal.append(`${lsn}`);
    for (const place of [wal, undefined]) {
      if (place === undefined) await wal.close();
      const log = place ?? await Wal.open(storage, OPTIONS);
      const [a, b] = [await log.cursor("a"), await log.cursor("b")];
      const error = await assertRejects(() => a.next(), TruncatedError);
      assertEquals([error.lsn, error.lastLsn], [5, 3]);
      assertEquals(await take(b, Math.min(1, regrown)), [4].slice(0, regrown));
      if (place !== undefined) continue;
      await a.seek(4);
      assertEquals(await take(a, regrown), [4, 5, 6, 7, 8].slice(0, regrown));
      await a.commit();
      assertEquals((await log.cursor("a")).committedLsn, 3 + regrown);
      await log.close();
    }
  }
});

test("Wal.cursor() tells of a log that was cut back below the cursor", async () => {
  const { wal, storage } = await makeLog(5);
  const cursor = await wal.cursor("a");
  await cursor.commit(5);
  await wal.close();
  // The end is lost, as after a salvage.
  const shorter = await makeLog(3);
  await shorter.wal.close();
  for (const name of shorter.storage.list()) {
    if (name.endsWith(".wal")) storage.remove(name);
  }
  const bytes = storage.get("a.cursor")!;
  const id = shorter.storage.get("00000001.manifest")!.subarray(16, 32);
  const state = decodeCursor(bytes);
  assert("newest" in state);
  const log = [...id].map((byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );
  shorter.storage.put("a.cursor", encodeCursor({ ...state.newest, log }));
  const again = await Wal.open(shorter.storage, OPTIONS);
  const found = await again.cursor("a");
  const error = await assertRejects(() => found.next(), RangeError);
  assertEquals(error.name, "TruncatedError");
  await assertRejects(() => found.commit(5), RangeError);
  await found.seek(4);
  await again.append("4");
  assertEquals(await take(found, 1), [4]);
  await again.close();
});

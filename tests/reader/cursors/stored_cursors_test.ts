/*
 * Goal: a cursor of a log without files keeps the promises of one with a file.
 * Method: a log in an engine in memory, whose cursor store the test can make
 * fail, and each case by itself.
 */
import {
  CursorMovedError,
  ForeignCursorError,
} from "../../../reader/cursors/cursor_file.ts";
import { WalReader } from "../../../reader/wal_reader.ts";
import { CorruptLogError } from "../../../storage/corrupt_log_error.ts";
import { FormatVersionError } from "../../../storage/format/mod.ts";
import { crc32 } from "../../../storage/format/crc32.ts";
import { CompactedError } from "../../../storage/frame_log.ts";
import { Wal } from "../../../wal.ts";
import type { WalOptions } from "../../../wal_options.ts";
import { assertEquals, assertRejects } from "../../kit/assert.ts";
import { MemoryEngine } from "../../kit/memory_engine.ts";
import { test } from "../../kit/register.ts";

/** A log in an engine. */
async function makeLog(records: number, options: WalOptions = {}) {
  const engine = new MemoryEngine();
  const wal = await Wal.open(engine, options);
  for (let lsn = 1; lsn <= records; lsn++) await wal.append(`${lsn}`);
  return { engine, wal };
}

test("Cursor keeps its place in an engine, of the writer and of a reader", async () => {
  const { engine, wal } = await makeLog(5);
  const cursor = await wal.cursor("a");
  assertEquals((await cursor.next())?.lsn, 1);
  assertEquals((await cursor.next())?.lsn, 2);
  await cursor.commit();
  await cursor.close();
  const reader = await WalReader.open(engine);
  const again = await reader.cursor("a");
  assertEquals([again.committedLsn, again.lag], [2, 3]);
  assertEquals((await again.next())?.lsn, 3);
  await again.commit(4);
  assertEquals((await again.next())?.lsn, 5);
  await again.seek(2);
  assertEquals((await again.next())?.lsn, 2);
  assertEquals(engine.cursors.entries.get("a")?.sequence, 4);
  await reader.close();
  await wal.close();
  const reopened = await Wal.open(engine);
  assertEquals((await reopened.cursor("a")).committedLsn, 1);
  const { committedLsn } = await reopened.cursor("b", { from: 4 });
  assertEquals(committedLsn, 3);
  await reopened.close();
});

test("Cursor.next() waits for records of an engine in another process", async () => {
  const { engine, wal } = await makeLog(0);
  const reader = await WalReader.open(engine);
  const cursor = await reader.cursor("a");
  const next = cursor.next();
  await wal.append("1");
  assertEquals((await next)?.lsn, 1);
  await cursor.commit();
  assertEquals(cursor.lag, 0);
  await reader.close();
  assertEquals(await cursor.next(), undefined);
  await wal.close();
});

test("Cursor.commit() rejects if another consumer of an engine has committed", async () => {
  const { wal } = await makeLog(5);
  const [one, other] = [await wal.cursor("a"), await wal.cursor("a")];
  await one.commit(2);
  const moved = await assertRejects(() => other.commit(4), CursorMovedError);
  assertEquals((moved as CursorMovedError).committedLsn, 2);
  await one.commit(3);
  await assertRejects(() => other.seek(1), CursorMovedError);
  assertEquals((await wal.cursor("a")).committedLsn, 3);
  await wal.close();
});

test("Wal.cursor() takes what another consumer of an engine creates first", async () => {
  const { engine, wal } = await makeLog(5);
  const { cursors } = engine;
  const read = cursors.read.bind(cursors);
  cursors.read = async (name) => {
    const found = await read(name);
    cursors.read = read;
    await wal.cursor(name, { from: 3 });
    return found;
  };
  assertEquals((await wal.cursor("a")).committedLsn, 2);
  await wal.close();
});

for (const isStored of [false, true]) {
  test(`Cursor.commit() can be tried again after a failure in an engine${isStored ? " that was none" : ""}`, async () => {
    const { engine, wal } = await makeLog(5);
    const cursor = await wal.cursor("a");
    const { cursors } = engine;
    const commit = cursors.commit.bind(cursors);
    cursors.commit = async (name, entry) => {
      cursors.commit = commit;
      if (isStored) await commit(name, entry);
      throw new Error("no answer");
    };
    await assertRejects(() => cursor.commit(2), Error, "no answer");
    assertEquals(cursor.committedLsn, 0);
    await cursor.commit(4);
    await cursor.commit(5);
    assertEquals((await wal.cursor("a")).committedLsn, 5);
    await wal.close();
  });
}

test("Wal.cursor() refuses a cursor of another log in the place of an engine", async () => {
  const { engine, wal } = await makeLog(3);
  await (await wal.cursor("a")).commit(2);
  await wal.close();
  const other = new MemoryEngine({ id: "f".repeat(32) });
  for (const [name, entry] of engine.cursors.entries) {
    await other.cursors.commit(name, { ...entry, sequence: 1 });
    other.cursors.entries.set(name, entry);
  }
  const taken = await Wal.open(other);
  const error = await assertRejects(
    () => taken.cursor("a"),
    ForeignCursorError,
    '"[engine], cursor a"',
  );
  assertEquals(error instanceof ForeignCursorError, true);
  await taken.close();
});

test("Wal.cursor() says what is wrong with a damaged cursor in an engine", async () => {
  const { engine, wal } = await makeLog(3);
  await wal.cursor("a");
  const { entries } = engine.cursors;
  const { content } = entries.get("a")!;
  for (let at = 0; at < content.length; at++) {
    const damaged = content.slice();
    damaged[at] ^= 1;
    entries.set("a", { sequence: 1, content: damaged });
    await assertRejects(() => wal.cursor("a"), CorruptLogError, "[engine]");
  }
  entries.set("a", { sequence: 1, content: content.slice(0, 95) });
  await assertRejects(() => wal.cursor("a"), CorruptLogError, "96 bytes");
  entries.set("a", { sequence: 2, content });
  await assertRejects(
    () => wal.cursor("a"),
    CorruptLogError,
    "cursor sequence: expected 2, found 1",
  );
  const later = content.slice();
  const view = new DataView(later.buffer);
  view.setUint32(8, 2, true);
  view.setUint32(92, crc32(later.subarray(0, 92)), true);
  entries.set("a", { sequence: 1, content: later });
  await assertRejects(() => wal.cursor("a"), FormatVersionError, "version 2");
  await wal.close();
});

test("Wal.cursor() works in an engine whose log has no id", async () => {
  const engine = new MemoryEngine({ id: undefined });
  const wal = await Wal.open(engine);
  await wal.append("1");
  await (await wal.cursor("a")).commit(1);
  assertEquals((await wal.cursor("a")).committedLsn, 1);
  await wal.close();
});

test("Cursor.next() rejects if an engine dropped the record, and seek() goes on", async () => {
  const { wal } = await makeLog(5);
  const cursor = await wal.cursor("a");
  await wal.truncateBefore(3);
  await assertRejects(() => cursor.next(), CompactedError);
  await cursor.seek(3);
  assertEquals((await cursor.next())?.lsn, 3);
  await wal.close();
});

const LIMITLESS = 2 ** 40;

test("Wal.truncateBefore() keeps what cursors of an engine need", async () => {
  const cursors = { hold: "all", limitBytes: LIMITLESS } as const;
  const { wal } = await makeLog(10, { cursors });
  const [a, b] = [await wal.cursor("a"), await wal.cursor("b")];
  assertEquals(await wal.truncateBefore(8), 1);
  await a.commit(7);
  await b.commit(4);
  assertEquals(await wal.truncateBefore(8), 5);
  await b.commit(9);
  assertEquals(await wal.truncateBefore(11), 8);
  await wal.configure({ cursors: { hold: ["b"], limitBytes: LIMITLESS } });
  assertEquals(await wal.truncateBefore(11), 10);
  await wal.configure({ cursors: { hold: ["c"], limitBytes: LIMITLESS } });
  assertEquals(await wal.truncateBefore(11), 10);
  await wal.close();
});

test("Wal.truncateBefore() leaves a cursor of an engine behind beyond the limit", async () => {
  const warnings: string[] = [];
  const { wal } = await makeLog(9, {
    cursors: { hold: "all", limitBytes: 6 },
    warn: (message) => void warnings.push(message),
  });
  const cursor = await wal.cursor("a");
  // Each record takes one byte; that of the cursor and the last do not count.
  assertEquals(await wal.truncateBefore(9), 9);
  assertEquals(warnings.length, 1);
  assertEquals(
    warnings[0],
    'cursor "a" of "[engine]" is left behind: records from 1 on are dropped, ' +
      "because more than 6 bytes follow them",
  );
  await assertRejects(() => cursor.next(), CompactedError);
  await wal.close();
  const other = await makeLog(9, {
    cursors: { hold: "all", limitBytes: 7 },
    warn: (message) => void warnings.push(message),
  });
  await other.wal.cursor("a");
  assertEquals(await other.wal.truncateBefore(9), 1);
  await other.wal.close();
});

test("Wal.truncateBefore() drops nothing if a cursor of an engine cannot be read", async () => {
  const warnings: string[] = [];
  const { engine, wal } = await makeLog(5, {
    cursors: { hold: "all", limitBytes: LIMITLESS },
    warn: (message) => void warnings.push(message),
  });
  engine.cursors.entries.set("a", { sequence: 1, content: new Uint8Array(96) });
  assertEquals(await wal.truncateBefore(5), 1);
  assertEquals(warnings.length, 1);
  assertEquals(
    warnings[0].startsWith('"[engine], cursor a" cannot be read'),
    true,
  );
  await wal.close();
});

/**
 * Goal: a `Wal` on an object store does what one on files does, and who opens it
 * last is its owner.
 *
 * @module
 */
import { ObjectLog } from "../../../../storage/s3/log/object_log.ts";
import {
  MemoryObjectStore,
  type ObjectCall,
} from "../../../../storage/s3/memory_object_store.ts";
import { FencedError } from "../../../../storage/frame_log.ts";
import { LogExistsError } from "../../../../storage/log_exists_error.ts";
import { LogClosedError } from "../../../../writer/log_closed_error.ts";
import { LogFailedError } from "../../../../writer/log_failed_error.ts";
import { WalReader } from "../../../../reader/wal_reader.ts";
import { Wal } from "../../../../wal.ts";
import { LeaderCommitPolicy } from "../../../../policies/leader_commit_policy.ts";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertThrows,
} from "../../../kit/assert.ts";
import { anotherTurn } from "../../../kit/another_turn.ts";
import { NO_TIME } from "../../../kit/held_store.ts";
import { test } from "../../../kit/register.ts";

const policy = new LeaderCommitPolicy();

/** Opens the log of a store without waiting for more records. */
function open(store: MemoryObjectStore, options = {}): Promise<Wal> {
  return Wal.open(new ObjectLog(store), { policy, ...options });
}

async function texts(
  log: { read(): AsyncIterable<{ data: Uint8Array }> },
): Promise<string[]> {
  const found: string[] = [];
  for await (const { data } of log.read()) {
    found.push(new TextDecoder().decode(data));
  }
  return found;
}

test("ObjectLog keeps records, their LSNs and metadata from one opening to the next", async () => {
  const store = new MemoryObjectStore();
  const wal = await open(store);
  assertEquals([wal.firstLsn, wal.lastLsn], [1, 0]);
  for (let nth = 1; nth <= 10; nth++) await wal.append(`r${nth}`);
  await wal.setMeta("made by a test");
  await wal.truncateBefore(4);
  await wal.close();
  const again = await open(store);
  assertEquals([again.firstLsn, again.lastLsn], [4, 10]);
  assertEquals(new TextDecoder().decode(again.meta), "made by a test");
  assertEquals(await again.append("r11"), 11);
  const expected = [4, 5, 6, 7, 8, 9, 10, 11].map((nth) => `r${nth}`);
  assertEquals(await texts(again), expected);
  await again.close();
  const reader = await WalReader.open(new ObjectLog(store));
  assertEquals(await texts(reader), expected);
  await reader.close();
});

test("an owner of an ObjectLog whose log was opened elsewhere acknowledges nothing further", async () => {
  const store = new MemoryObjectStore();
  const first = await open(store);
  await first.append("one");
  const second = await open(store);
  assertEquals(second.lastLsn, 1);
  const error = await first.append("lost").catch((error) => error);
  assertInstanceOf(error, LogFailedError);
  assertInstanceOf(error.cause, FencedError);
  assertEquals(error.cause.epoch, 1);
  assert(error.cause.message.includes("a later opening claimed epoch 2"));
  await second.append("two");
  assertEquals(await texts(second), ["one", "two"]);
  await second.close();
  await first.close().catch(() => {});
});

test("ObjectLog begins at firstLsn only where no log is", async () => {
  const store = new MemoryObjectStore();
  await (await open(store, { firstLsn: 100 })).close();
  const wal = await open(store, { firstLsn: 100 });
  assertEquals([wal.firstLsn, wal.lastLsn], [100, 99]);
  assertEquals(await wal.append("x"), 100);
  for (const firstLsn of [1, 100, 101]) {
    const before = (await store.list()).objects.length;
    await assertRejects(() => open(store, { firstLsn }), LogExistsError);
    assertEquals((await store.list()).objects.length, before);
  }
  // It was not displaced.
  assertEquals(await wal.append("y"), 101);
  await wal.close();
});

test("truncations of an ObjectLog that wait end without a call if the log fails", async () => {
  const counts: number[] = [];
  for (const truncations of [1, 3]) {
    let calls = 0;
    let isDown = false;
    let release = () => {};
    const held = new Promise<void>((resolve) => release = resolve);
    const store = new MemoryObjectStore({
      onCall: ({ operation }) => {
        if (!isDown) return;
        calls++;
        return operation === "create"
          ? { error: { status: 403, code: "AccessDenied" } }
          : { after: held };
      },
    });
    const log = new ObjectLog(store, { compaction: false });
    const wal = await Wal.open(log, { policy });
    for (let nth = 1; nth <= 30; nth++) await wal.append("x");
    isDown = true;
    const ends = Array.from(
      { length: truncations },
      (_, at) => wal.truncateBefore(20 + at).catch(({ code }) => code),
    );
    await assertRejects(() => wal.append("lost"), LogFailedError);
    release();
    for (const code of await Promise.all(ends)) {
      assertEquals(code, "AccessDenied");
    }
    counts.push(calls);
    await wal.close();
  }
  assertEquals(counts[0], counts[1]);
});

test("WalReader.close() ends calls on an object store that does not answer, but no commit", async () => {
  let held: Promise<void> | undefined;
  const store = new MemoryObjectStore({
    onCall: () => held && { after: held },
  });
  const wal = await open(store);
  for (let nth = 1; nth <= 9; nth++) await wal.append("x");
  const retry = { clock: NO_TIME };
  const reader = await WalReader.open(new ObjectLog(store, { retry }));
  const cursor = await reader.cursor("one");
  await cursor.next();
  let release = () => {};
  held = new Promise((resolve) => release = resolve);
  const calls = [
    () => reader.refresh(),
    () => reader.get(2),
    () => texts(reader),
    () => reader.last(3),
    () => reader.lsnAt(0),
  ].map((call) => assertRejects(call, LogClosedError));
  const commit = cursor.commit();
  await anotherTurn();
  await reader.close();
  await Promise.all(calls);
  release();
  await commit;
  held = undefined;
  await cursor.commit(3);
  await cursor.close();
  const again = await wal.cursor("one");
  assertEquals(again.committedLsn, 3);
  await wal.close();
});

test("ObjectLog sends nothing while nothing is appended, nor on close", async () => {
  const calls: ObjectCall[] = [];
  const store = new MemoryObjectStore({
    onCall: (call) => void calls.push(call),
  });
  const wal = await open(store);
  calls.length = 0;
  await wal.flush();
  for (let turn = 0; turn < 10; turn++) await anotherTurn();
  await wal.close();
  assertEquals(calls, []);
});

test("opening an ObjectLog reads no more after many openings", async () => {
  const calls: ObjectCall[] = [];
  const store = new MemoryObjectStore({
    onCall: (call) => void calls.push(call),
  });
  const counts: number[] = [];
  for (let nth = 0; nth < 20; nth++) {
    calls.length = 0;
    await (await open(store)).close();
    counts.push(calls.length);
  }
  assertEquals(new Set(counts.slice(2)).size, 1, `${counts}`);
});

test("opening an ObjectLog finds the end of a long log in a few requests", async () => {
  const calls: ObjectCall[] = [];
  const store = new MemoryObjectStore({
    onCall: (call) => void calls.push(call),
  });
  const log = new ObjectLog(store, { compaction: false });
  const wal = await Wal.open(log, { policy });
  for (let nth = 1; nth <= 5500; nth++) await wal.append("x");
  calls.length = 0;
  const next = await Wal.open(log, { policy });
  assertEquals(next.lastLsn, 5500);
  const lists = calls.filter(({ operation }) => operation === "list");
  assert(lists.length <= 10, `${lists.length} listings`);
  await next.close();
  await wal.close().catch(() => {});
});

test("new ObjectLog() refuses options that make no sense", () => {
  const store = new MemoryObjectStore();
  for (const window of [0, 65, 1.5]) {
    assertThrows(() => new ObjectLog(store, { window }), RangeError, "window");
  }
  assertThrows(
    () => new ObjectLog(store, { windows: 1 } as never),
    TypeError,
    "did you mean window?",
  );
  assertThrows(() => new ObjectLog({} as never), TypeError, "create");
  assertThrows(() => new ObjectLog(store, { pollMs: 0 }), Error, "pollMs");
  for (
    const [options, message] of [
      [{ batching: { limitsMs: 5 } }, "did you mean limitMs?"],
      [{ compaction: { slot: 5 } }, "did you mean slots?"],
      [{ compaction: true }, "an object"],
      [{ compaction: { bytes: "8m" } }, "bytes"],
      [{ random: 0.5 }, "random"],
    ] as const
  ) {
    const made = () => new ObjectLog(store, options as never);
    assertThrows(made, TypeError, message);
  }
});

import fc from "fast-check";
import { MemoryStorage, type StorageCall } from "@syncline/wal/storage";
import {
  type Entry,
  RaftLog,
} from "../../../../docs/examples/raft-log/raft_log.ts";
import { assert, assertEquals, assertRejects } from "../../../kit/assert.ts";
import { test } from "../../../kit/register.ts";
import { shareIndex, shareOf } from "../../../kit/share.ts";

const entry = (index: number, term: number, text = "x"): Entry => ({
  ...{ index, term },
  data: new TextEncoder().encode(text),
});

async function textsOf(log: RaftLog): Promise<string[]> {
  const entries = await log.entries(log.firstIndex, log.lastIndex);
  return entries.map(({ index, term, data }) =>
    `${index} ${term} ${new TextDecoder().decode(data)}`
  );
}

test("RaftLog keeps entries, term, vote and snapshot across openings", async () => {
  const storage = new MemoryStorage();
  let log = await RaftLog.open(storage);
  assertEquals([log.firstIndex, log.lastIndex, log.term(0)], [1, 0, 0]);
  await log.saveHardState({ term: 2, vote: "b" });
  await log.append([entry(1, 1, "one"), entry(2, 2, "two"), entry(3, 2, "3")]);
  await log.append([entry(4, 4, "four")], { term: 4, vote: null });
  await log.compact(2, [new Uint8Array([7]), new Uint8Array([8, 9])]);
  await log.close();
  log = await RaftLog.open(storage);
  assertEquals(log.hardState, { term: 4, vote: null });
  assertEquals(log.snapshot, { index: 2, term: 2 });
  assertEquals(await textsOf(log), ["3 2 3", "4 4 four"]);
  assertEquals([1, 2, 3, 4, 5].map((index) => log.term(index)), [
    ...[undefined, 2, 2, 4, undefined],
  ]);
  const bytes: number[] = [];
  await log.readSnapshot(async (id, data) => {
    assertEquals(id, { index: 2, term: 2 });
    for await (const piece of data) bytes.push(...piece);
  });
  assertEquals(bytes, [7, 8, 9]);
  await log.close();
});

test("RaftLog.append() skips what is there, and replaces what conflicts", async () => {
  const log = await RaftLog.open(new MemoryStorage());
  await log.saveHardState({ term: 3, vote: null });
  await log.append([entry(1, 1), entry(2, 1), entry(3, 1)]);
  await log.append([entry(1, 1, "ignored"), entry(2, 1)]);
  assertEquals(log.lastIndex, 3);
  await log.append([entry(2, 1), entry(3, 3, "new"), entry(4, 3)]);
  assertEquals(await textsOf(log), ["1 1 x", "2 1 x", "3 3 new", "4 3 x"]);
  // Two conflicts and an append, none of which waits for the others.
  await Promise.all([
    log.append([entry(4, 3, "skipped")]),
    log.append([entry(2, 3, "a")]),
    log.append([entry(3, 3, "b")]),
    log.truncateAfter(2),
    log.append([entry(3, 3, "c")]),
  ]);
  assertEquals(await textsOf(log), ["1 1 x", "2 3 a", "3 3 c"]);
  await log.close();
});

test("RaftLog.append() keeps the order of calls that nobody waits for", async () => {
  const call = fc.record({
    back: fc.constantFrom(0, 0, 0, 1, 2),
    ticks: fc.integer({ min: 0, max: 30 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(call, { maxLength: 30 }), async (calls) => {
      const log = await RaftLog.open(new MemoryStorage());
      await log.saveHardState({ term: 99, vote: null });
      let expected: string[] = [];
      let term = 1;
      const acks: Promise<void>[] = [];
      for (const { back, ticks } of calls) {
        const index = Math.max(1, log.lastIndex + 1 - back);
        if (index <= log.lastIndex) term++;
        expected = [...expected.slice(0, index - 1), `${index} ${term} x`];
        acks.push(log.append([entry(index, term)]));
        for (let tick = 0; tick < ticks; tick++) await null;
      }
      await Promise.all(acks);
      assertEquals(await textsOf(log), expected);
      await log.close();
    }),
    { numRuns: shareOf(60), seed: shareIndex },
  );
});

test("RaftLog refuses what a correct node never does, and changes nothing", async () => {
  const log = await RaftLog.open(new MemoryStorage());
  await log.append([entry(1, 2)], { term: 2, vote: "a" });
  const bad: (() => Promise<unknown>)[] = [
    () => log.saveHardState({ term: 1, vote: null }),
    () => log.saveHardState({ term: 2, vote: "b" }),
    () => log.saveHardState({ term: 2, vote: null }),
    () => log.saveHardState({ term: 2.5, vote: null }),
    () => log.append([entry(3, 2)]),
    () => log.append([entry(2, 1)]),
    () => log.append([entry(2, 3)]),
    () => log.append([entry(NaN, 2)]),
    () => log.append([entry(2, 2), entry(4, 2)]),
    () => log.append([entry(2, 2)], { term: 2, vote: "b" }),
    () => log.truncateAfter(2),
    () => log.entries(1, 2),
    () => log.compact(2, []),
    () => log.compact(0, []),
  ];
  for (const act of bad) await assertRejects(act, RangeError);
  assertEquals(log.hardState, { term: 2, vote: "a" });
  assertEquals(await textsOf(log), ["1 2 x"]);
  await log.compact(1, []);
  await assertRejects(() => log.truncateAfter(0), RangeError);
  await log.close();
});

test("RaftLog.append() of entries that are on their way waits for their sync", async () => {
  let release = () => {};
  const gate = new Promise<void>((resolve) => release = resolve);
  let isSlow = false;
  const storage = new MemoryStorage({
    onCall: ({ operation }) =>
      isSlow && operation === "datasync" ? { after: gate } : undefined,
  });
  const log = await RaftLog.open(storage);
  await log.saveHardState({ term: 1, vote: null });
  isSlow = true;
  const acks: string[] = [];
  const all = Promise.all([
    log.append([entry(1, 1)]).then(() => acks.push("first")),
    log.append([entry(1, 1)]).then(() => acks.push("again")),
  ]);
  await new Promise((resolve) => setTimeout(resolve, 5));
  assertEquals(acks, []);
  release();
  await all;
  assertEquals(acks.sort(), ["again", "first"]);
  await log.close();
});

test("RaftLog.append() shares syncs among proposals, and keeps their order", async () => {
  const calls: StorageCall[] = [];
  const storage = new MemoryStorage({
    onCall: (call) => void calls.push(call),
  });
  const log = await RaftLog.open(storage);
  await log.saveHardState({ term: 1, vote: "me" });
  calls.length = 0;
  await Promise.all(
    Array.from({ length: 64 }, (_, at) => log.append([entry(at + 1, 1)])),
  );
  const syncs = calls.filter(({ operation }) => operation === "datasync");
  assert(syncs.length <= 4, `${syncs.length} syncs`);
  assertEquals((await log.entries(1, 64)).length, 64);
  // The hard state that was saved last is the one that counts.
  await Promise.all([
    log.append([entry(65, 2)], { term: 2, vote: null }),
    log.saveHardState({ term: 3, vote: "a" }),
    log.append([entry(66, 3)]),
  ]);
  const again = await RaftLog.open(storage.kill());
  assertEquals(again.hardState, { term: 3, vote: "a" });
  assertEquals(again.lastIndex, 66);
  await again.close();
  await log.close();
});

test("RaftLog.install() that cannot read its data leaves the log as it was", async () => {
  const storage = new MemoryStorage();
  const log = await RaftLog.open(storage);
  await log.append([entry(1, 1), entry(2, 1)], { term: 1, vote: null });
  const broken = (async function* () {
    yield new Uint8Array(10);
    await Promise.resolve();
    throw new Error("the leader is gone");
  })();
  const id = { index: 100, term: 1 };
  await assertRejects(() => log.install(id, broken), Error, "is gone");
  assertEquals(await textsOf(log), ["1 1 x", "2 1 x"]);
  await log.append([entry(3, 1)]);
  await log.install(id, [new Uint8Array(10)]);
  assertEquals([log.firstIndex, log.lastIndex], [101, 100]);
  await log.install({ index: 3, term: 1 }, [new Uint8Array(10)]);
  await log.append([entry(101, 1, "after")]);
  const again = await RaftLog.open(storage.kill());
  assertEquals(await textsOf(again), ["101 1 after"]);
  await again.close();
  await log.close();
});

test("RaftLog rejects everything after a failure of the disk, until it is opened again", async () => {
  let error: string | undefined;
  const storage = new MemoryStorage({
    onCall: ({ operation }) => operation === "write" ? { error } : undefined,
  });
  const log = await RaftLog.open(storage);
  await log.append([entry(1, 1)], { term: 1, vote: null });
  error = "ENOSPC";
  const results = await Promise.allSettled([
    log.append([entry(2, 1)]),
    log.append([entry(3, 1)]),
  ]);
  assertEquals(results.map(({ status }) => status), ["rejected", "rejected"]);
  error = undefined;
  await assertRejects(() => log.append([entry(4, 1)]), Error, "has failed");
  await assertRejects(() => log.saveHardState({ term: 9, vote: null }), Error);
  await log.close().catch(() => {});
  const again = await RaftLog.open(storage);
  assertEquals(await textsOf(again), ["1 1 x"]);
  await again.append([entry(2, 1)]);
  await again.close();
});

/** A storage whose syncs, but those of `isFree` files, wait for `release`. */
function held(isFree: (file: string) => boolean) {
  const state = { isSlow: false, release: () => {} };
  const gate = new Promise<void>((resolve) => state.release = resolve);
  const storage = new MemoryStorage({
    onCall: ({ operation, file }) =>
      state.isSlow && operation === "datasync" && !isFree(file)
        ? { after: gate }
        : undefined,
  });
  return { storage, state };
}

test("RaftLog.append() is not durable before the term that is being saved", async () => {
  const { storage, state } = held((file) => file.endsWith(".wal"));
  const log = await RaftLog.open(storage);
  await log.append([entry(1, 1)], { term: 1, vote: null });
  state.isSlow = true;
  const saved = log.saveHardState({ term: 5, vote: "b" });
  await log.append([entry(2, 5)]);
  const crashed = storage.crash(() => 0);
  state.release();
  await saved;
  await log.close();
  const again = await RaftLog.open(crashed);
  assertEquals(again.lastIndex, 2);
  assertEquals(again.hardState, { term: 5, vote: "b" });
  await again.close();
});

test("RaftLog.saveHardState() copies the state, so that callers may change theirs", async () => {
  const log = await RaftLog.open(new MemoryStorage());
  const state = { term: 3, vote: "a" };
  await log.saveHardState(state);
  state.term = 2;
  await assertRejects(() => log.saveHardState(state), RangeError, "in term 3");
  await log.close();
});

test("RaftLog.truncateAfter() waits for a cut that is in progress", async () => {
  const { storage, state } = held(() => false);
  const log = await RaftLog.open(storage);
  await log.append([entry(1, 1), entry(2, 1)], { term: 1, vote: null });
  state.isSlow = true;
  const ended: string[] = [];
  const cuts = ["first", "second"].map((name) =>
    log.truncateAfter(1).then(() => ended.push(name))
  );
  await new Promise((resolve) => setTimeout(resolve, 5));
  assertEquals(ended, []);
  state.release();
  await Promise.all(cuts);
  await log.close();
});

test("RaftLog.append() takes any number of appends at the same time", async () => {
  const log = await RaftLog.open(new MemoryStorage());
  await log.saveHardState({ term: 1, vote: null });
  const count = 60_000; // More records than may wait for room by default.
  const batch = (first: number) =>
    log.append(Array.from({ length: count }, (_, at) => entry(first + at, 1)));
  await Promise.all([batch(1), batch(count + 1), batch(2 * count + 1)]);
  assertEquals(log.lastIndex, 3 * count);
  await log.close();
});

test("RaftLog.close() ends an installation whose data never ends", async () => {
  const storage = new MemoryStorage();
  const log = await RaftLog.open(storage);
  await log.append([entry(1, 1)], { term: 1, vote: null });
  const endless = (async function* () {
    yield new Uint8Array(10);
    await new Promise(() => {});
  })();
  const installed = log.install({ index: 9, term: 1 }, endless);
  const rejected = assertRejects(() => installed, Error, "closed");
  await new Promise((resolve) => setTimeout(resolve, 5));
  await log.close();
  await rejected;
  const again = await RaftLog.open(storage);
  assertEquals(await textsOf(again), ["1 1 x"]);
  await again.close();
});

test("RaftLog.readSnapshot() passes the id of the data, even after a failure", async () => {
  let isRenamed = false;
  let isBroken = false;
  const storage = new MemoryStorage({
    onCall({ operation, file }) {
      if (operation === "rename" && file.includes("snapshot")) isRenamed = true;
      const fails = isBroken && isRenamed && operation === "syncDirectory";
      return fails ? { error: "EIO" } : undefined;
    },
  });
  const log = await RaftLog.open(storage);
  await log.append([entry(1, 1), entry(2, 1)], { term: 1, vote: null });
  await log.compact(1, [new Uint8Array([1])]);
  [isRenamed, isBroken] = [false, true];
  await assertRejects(() => log.compact(2, [new Uint8Array([2])]));
  isBroken = false;
  const found: number[] = [];
  await log.readSnapshot(async ({ index }, data) => {
    found.push(index);
    for await (const piece of data) found.push(...piece);
  });
  assertEquals(found, [2, 2]);
  await log.close().catch(() => {});
});

import { Refusal } from "../../../../docs/examples/durable-streams/refusal.ts";
import { StreamStore } from "../../../../docs/examples/durable-streams/stream_store.ts";
import { MemoryStorage } from "../../../../storage/mod.ts";
import { Wal } from "../../../../wal.ts";
import { assert, assertEquals, assertRejects } from "../../../kit/assert.ts";
import { test } from "../../../kit/register.ts";
import { slowSyncs } from "../../../kit/slow_syncs.ts";
import { appendOf, createOf, textOf } from "./stream_requests.ts";

const wal = { warn() {} };
const producer = { id: "p", epoch: 0, seq: 0 };

/** Whether a promise is settled, after all that can happen meanwhile. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  promise.then(() => settled = true, () => settled = true);
  await new Promise((resolve) => setTimeout(resolve, 5));
  return settled;
}

test("StreamStore answers nothing that rests on an append before its sync", async () => {
  const { storage, slow, release } = slowSyncs();
  await using store = await StreamStore.open(storage, { wal });
  const { stream } = await store.create(createOf("/a"));
  slow(true);
  const request = { ...appendOf("x"), producer, closes: true };
  const answers = [
    store.append("/a", request),
    store.append("/a", request), // a retry
    store.append("/a", appendOf("y")), // it is closed
    store.create(createOf("/a")), // it is no longer open
  ];
  for (const answer of answers) assertEquals(await isSettled(answer), false);
  assertEquals([stream.end, stream.isClosedForReaders], [0, false]);
  assertEquals((await store.read(stream, 0)).messages, []);
  slow(false);
  release();
  const [first, retry] = await Promise.all(answers.slice(0, 2));
  assertEquals([first, retry].map((one) => "isNew" in one && one.isNew), [
    true,
    false,
  ]);
  await assertRejects(() => answers[2], Refusal, "closed");
  await assertRejects(() => answers[3], Refusal, "in use");
  assertEquals([stream.end, stream.isClosedForReaders], [1, true]);
});

test("StreamStore makes a 404 wait until the deletion is on disk", async () => {
  const { storage, slow, release } = slowSyncs();
  await using store = await StreamStore.open(storage, { wal });
  await store.create(createOf("/a"));
  slow(true);
  const deleted = store.delete("/a");
  assertEquals(await isSettled(deleted), false);
  const answers = [deleted, store.find("/a")];
  for (const answer of answers) assertEquals(await isSettled(answer), false);
  slow(false);
  release();
  await answers[0];
  await assertRejects(() => answers[1], Refusal, "not found");
});

test("a stream is shown and refused as a source once that is on disk", async () => {
  const { storage, slow, release } = slowSyncs();
  await using store = await StreamStore.open(storage, { wal });
  await store.create(createOf("/old"));
  slow(true);
  const created = store.create(createOf("/new"));
  const deleted = store.delete("/old");
  await new Promise((resolve) => setTimeout(resolve, 1));
  const fork = store.create({ ...createOf("/b"), fork: { path: "/old" } });
  const answers = [created, store.find("/new"), deleted, fork];
  for (const answer of answers) assertEquals(await isSettled(answer), false);
  slow(false);
  release();
  await Promise.all([created, deleted, answers[1]]);
  await assertRejects(() => fork, Refusal, "not found");
});

test("readers see messages in their order, even if some waited for room", async () => {
  const options = { wal: { ...wal, maxQueuedRecords: 2 } };
  await using store = await StreamStore.open(new MemoryStorage(), options);
  await store.create(createOf("/a"));
  const append = (text: string) => store.append("/a", appendOf(text));
  const first = append("1");
  await Promise.all([append("2"), append("3"), first.then(() => append("4"))]);
  assertEquals(await textOf(store, "/a"), "1234");
});

test("a fork has nothing of a stream that takes its source's place", async () => {
  let resume = () => {};
  let isSlow = false;
  const paused = new Promise<void>((resolve) => resume = resolve);
  const storage = new MemoryStorage({
    onCall: ({ operation }) =>
      isSlow && operation === "read" ? { after: paused } : undefined,
  });
  await using store = await StreamStore.open(storage, { wal });
  await store.create(createOf("/a", "xx"));
  await store.append("/a", appendOf("old"));
  isSlow = true;
  const fork = { path: "/a", position: 2, subOffset: 1 };
  const forked = store.create({ ...createOf("/b"), fork });
  await store.delete("/a");
  await store.create(createOf("/a", "yy"));
  isSlow = false;
  resume();
  // It has no message at that position.
  await assertRejects(() => forked, Refusal, "sub-offset");
});

test("StreamStore finds streams, forks and producers again", async () => {
  const storage = new MemoryStorage();
  {
    await using store = await StreamStore.open(storage, { wal });
    await store.create(createOf("/a", "one "));
    await store.append("/a", { ...appendOf("two "), producer, seq: "5" });
    const fork = { path: "/a", position: 4, subOffset: 2 };
    await store.create({ ...createOf("/b", "x"), fork });
    await store.create(createOf("/c"));
    await store.delete("/c");
    await store.delete("/a"); // the fork needs it
  }
  await using store = await StreamStore.open(storage, { wal });
  assertEquals(store.paths(), ["/b"]);
  assertEquals(await textOf(store, "/b"), "one twx");
  await assertRejects(() => store.find("/a"), Refusal, "gone");
  await store.delete("/b");
  await assertRejects(() => store.find("/a"), Refusal, "not found");
  await store.create(createOf("/a"));
  assertEquals(await textOf(store, "/a"), "");
});

test("StreamStore knows a retry from before it was opened", async () => {
  const storage = new MemoryStorage();
  const request = { ...appendOf("x"), producer };
  {
    await using store = await StreamStore.open(storage, { wal });
    await store.create(createOf("/a"));
    assertEquals((await store.append("/a", request)).isNew, true);
  }
  await using store = await StreamStore.open(storage, { wal });
  assertEquals((await store.append("/a", request)).isNew, false);
  assertEquals(await textOf(store, "/a"), "x");
});

test("reclaim() drops what is older than the oldest stream, and no more", async () => {
  const storage = new MemoryStorage();
  {
    await using store = await StreamStore.open(storage, { wal });
    await store.create(createOf("/old", "x"));
    await store.create(createOf("/new", "y"));
    assertEquals(await store.reclaim(), 1);
    await store.delete("/old");
    assertEquals(await store.reclaim(), 3);
    assertEquals(await textOf(store, "/new"), "y");
  }
  await using store = await StreamStore.open(storage, { wal });
  assertEquals(await textOf(store, "/new"), "y");
  await store.delete("/new");
  assertEquals(await store.reclaim(), 7);
});

test("StreamStore.open() leaves a log that it cannot read closed", async () => {
  const storage = new MemoryStorage();
  {
    await using other = await Wal.open(storage, wal);
    await other.append("a record of something else");
  }
  await assertRejects(() => StreamStore.open(storage, { wal }));
  await using _ = await Wal.open(storage, wal);
});

test("a read whose stream is deleted and dropped meanwhile finds no stream", async () => {
  let resume = () => {};
  let isSlow = false;
  const paused = new Promise<void>((resolve) => resume = resolve);
  const storage = new MemoryStorage({
    onCall: ({ operation }) =>
      isSlow && operation === "read" ? { after: paused } : undefined,
  });
  await using store = await StreamStore.open(storage, { wal });
  const { stream } = await store.create(createOf("/a", "1"));
  await store.append("/a", appendOf("2"));
  isSlow = true;
  const read = store.read(stream, 0);
  await store.delete("/a");
  await store.reclaim();
  isSlow = false;
  resume();
  await assertRejects(() => read, Refusal, "not found");
});

test("an expired stream does not come back", async () => {
  const storage = new MemoryStorage();
  {
    await using store = await StreamStore.open(storage, { wal });
    const expiresAt = new Date(Date.now() + 20).toISOString();
    await store.create({ ...createOf("/a", "x"), expiresAt });
    await store.create({ ...createOf("/b", "x"), ttlSeconds: 0 });
    await new Promise((resolve) => setTimeout(resolve, 30));
    await store.expire();
  }
  await using store = await StreamStore.open(storage, { wal });
  assertEquals(store.paths(), []);
});

test("StreamStore refuses appends beyond what may wait, and none of them is there", async () => {
  const options = { wal, maxPendingBytes: 3000 };
  await using store = await StreamStore.open(new MemoryStorage(), options);
  await store.create(createOf("/a"));
  const outcomes = await Promise.allSettled(
    ["a", "b", "c"].map((text) => store.append("/a", appendOf(text))),
  );
  assertEquals(outcomes.map(({ status }) => status), [
    "fulfilled",
    "fulfilled",
    "rejected",
  ]);
  await store.append("/a", appendOf("d"));
  assertEquals(await textOf(store, "/a"), "abd");
});

test("after a failed append StreamStore takes no other, and reads what is on disk", async () => {
  let isBroken = false;
  const storage = new MemoryStorage({
    onCall: ({ operation }) =>
      isBroken && operation === "datasync" ? { error: "EIO" } : undefined,
  });
  const store = await StreamStore.open(storage, { wal });
  await store.create(createOf("/a", "kept"));
  const expiresAt = new Date(Date.now() + 10).toISOString();
  await store.create({ ...createOf("/b"), expiresAt });
  isBroken = true;
  await assertRejects(() => store.append("/a", appendOf("lost")));
  await assertRejects(
    () => store.append("/a", appendOf("x")),
    Refusal,
    "failed",
  );
  assertEquals(await textOf(store, "/a"), "kept");
  await new Promise((resolve) => setTimeout(resolve, 20));
  await assertRejects(() => store.find("/b"), Refusal, "failed");
  await store.close().catch(() => {});
});

test("read() returns about as much as it may, and goes on from there", async () => {
  const options = { wal, maxReadBytes: 10 };
  await using store = await StreamStore.open(new MemoryStorage(), options);
  const { stream } = await store.create(createOf("/a"));
  for (let i = 0; i < 9; i++) await store.append("/a", appendOf(`${i}...`));
  const part = await store.read(stream, 0);
  assertEquals([part.messages.length, part.end, part.isUpToDate], [
    3,
    12,
    false,
  ]);
  assert((await textOf(store, "/a")).endsWith("8..."));
});

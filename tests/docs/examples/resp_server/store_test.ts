import { Buffer } from "node:buffer";
import { Store } from "../../../../docs/examples/resp-server/store.ts";
import { SnapshotMissingError } from "../../../../checkpoint/restore.ts";
import { MemoryStorage } from "../../../../storage/memory/memory_storage.ts";
import { Wal } from "../../../../wal.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
} from "../../../kit/assert.ts";
import { test } from "../../../kit/register.ts";
import { withTempDir } from "../../../kit/temp_dir.ts";

/** Runs `first` on a store, opens the store again, and runs `then` on it. */
async function reopened(
  first: (store: Store) => void | Promise<void>,
  then: (store: Store) => void,
): Promise<void> {
  await withTempDir(async (directory) => {
    for (const body of [first, then]) {
      const store = await Store.open(directory);
      await body(store);
      await store.close();
    }
  });
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const another = () => new Promise((resolve) => setImmediate(resolve));

const every = String.fromCharCode(...Array(256).keys());
const bytes = Buffer.from(every, "latin1");

test("Store keeps any bytes as key and value when it is opened again", async () => {
  await reopened((store) => store.set(every, bytes), (store) => {
    assertEquals(store.get(every), bytes);
    assertEquals(store.size, 1);
  });
});

test("Store keeps the last value, longer, shorter or as long", async () => {
  for (const last of ["12", "1234", "789"]) {
    await reopened((store) => {
      store.set("k", Buffer.from("456"));
      store.set("k", Buffer.from(last));
      assertEquals(store.get("k"), Buffer.from(last));
    }, (store) => assertEquals(store.get("k"), Buffer.from(last)));
  }
});

test("Store copies values, so that callers may reuse their memory", async () => {
  const value = Buffer.from("mine");
  await reopened((store) => {
    store.set("k", value);
    value.fill(0);
    assertEquals(store.get("k"), Buffer.from("mine"));
  }, (store) => assertEquals(store.get("k"), Buffer.from("mine")));
});

test("Store forgets what was deleted, and keeps what was set after that", async () => {
  await reopened((store) => {
    for (const key of ["a", "b"]) store.set(key, bytes);
    assertEquals([store.delete("a"), store.delete("c")], [true, false]);
    assertEquals(store.delete("b"), true);
    store.set("b", Buffer.from("new"));
  }, (store) => {
    assertEquals(store.get("a"), undefined);
    assertEquals(store.get("b"), Buffer.from("new"));
  });
});

test("Store takes a record that is longer than its buffer", async () => {
  const long = Buffer.alloc(100_000, "x");
  await reopened((store) => {
    store.set("k", long);
    store.set("j".repeat(10_000), Buffer.from("v"));
  }, (store) => {
    assertEquals(store.get("k"), long);
    assertEquals(store.get("j".repeat(10_000)), Buffer.from("v"));
  });
});

test("Store.settled() resolves at once if nothing has changed", async () => {
  await reopened((store) => store.settled(), (store) => {
    assertEquals(store.size, 0);
  });
});

test("Store forgets keys that expire, even if nobody asks for them", async () => {
  const clock = { ms: 1000 };
  const now = () => clock.ms;
  const store = await Store.open(new MemoryStorage(), { now });
  for (let index = 0; index < 2500; index++) {
    store.set(`${index}`, bytes, index % 2 ? 2000 : 3000);
  }
  clock.ms = 2000;
  while (store.size > 1250) await wait(10);
  clock.ms = 3000;
  while (store.size > 0) await wait(10);
  await store.close();
});

/** How many bytes of records a log has to replay. */
async function replayed(storage: MemoryStorage): Promise<number> {
  const wal = await Wal.open(storage.crash(() => 0), { warn() {} });
  const from = await wal.restore(() => {});
  let total = 0;
  for await (const { data } of wal.read({ from })) total += data.length;
  await wal.close();
  return total;
}

async function rewritten(store: Store): Promise<void> {
  while (store.rewriteState === "busy") await wait(1);
  assertEquals(store.rewriteState, "ok");
}

test("Store.rewrite() leaves what there was, and nothing to replay", async () => {
  const storage = new MemoryStorage();
  const clock = { ms: 1000 };
  const now = () => clock.ms;
  const store = await Store.open(storage, { now });
  for (const key of ["a", every, "gone", "expired", "late"]) {
    store.set(key, bytes);
  }
  store.set("long", Buffer.alloc(700_000, "x"), 5000);
  store.delete("gone");
  store.expire("expired", 2000);
  store.expire("late", 4000);
  clock.ms = 2000;
  assertEquals([store.rewrite(), store.rewrite()], [true, false]);
  await rewritten(store);
  await store.close();
  assertEquals(await replayed(storage), 0);
  const again = await Store.open(storage, { now });
  assertEquals(again.size, 4);
  assertEquals([again.get("a"), again.get(every)], [bytes, bytes]);
  assertEquals(again.get("long"), Buffer.alloc(700_000, "x"));
  assertEquals([again.expiresAt("late"), again.expiresAt("long")], [
    4000,
    5000,
  ]);
  await again.close();
});

test("Store.rewrite() may run while values change", async () => {
  const storage = new MemoryStorage();
  const store = await Store.open(storage);
  const expected = new Map<string, string>();
  const set = (key: number, value: string) => {
    store.set(`${key}`, Buffer.from(value));
    expected.set(`${key}`, value);
  };
  for (let key = 0; key < 500; key++) set(key, "old".repeat(500));
  store.rewrite();
  for (let key = 0; store.rewriteState === "busy"; key++) {
    set(key % 700, `new ${key}`);
    if (key % 5 === 0 && store.delete(`${key + 3}`)) {
      expected.delete(`${key + 3}`);
    }
    await another();
  }
  await store.settled();
  // What a power loss leaves, and then what closing leaves.
  for (const left of [storage.crash(() => 0), storage]) {
    if (left === storage) await store.close();
    const again = await Store.open(left);
    assertEquals(again.size, expected.size);
    for (const [key, value] of expected) {
      assertEquals(`${again.get(key)}`, value);
    }
    await again.close();
  }
});

test("Store.rewrite() ends no earlier than the log has what the snapshot shows", async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => release = resolve);
  let isHolding = false;
  let renamed = 0;
  const storage = new MemoryStorage({
    onCall({ operation, file }) {
      if (operation === "create" && file.includes(".snapshot")) {
        // The first is in the snapshot, and so must the second be, or neither.
        isHolding = true;
        for (const key of ["first", "second"]) store.set(key, bytes);
      }
      if (operation === "rename" && file.includes(".snapshot")) renamed++;
      const isWrite = operation === "write" && file.endsWith(".wal");
      return isWrite && isHolding ? { after: held } : {};
    },
  });
  const store = await Store.open(storage);
  store.set("k", bytes);
  await store.settled();
  store.rewrite();
  await wait(30);
  assertEquals([isHolding, renamed, store.rewriteState], [true, 0, "busy"]);
  release();
  await rewritten(store);
  assertEquals(renamed, 1);
  await store.close();
});

test("Store rewrites its log by itself when it has grown, and again after a restart", async () => {
  const storage = new MemoryStorage();
  const rewriteBytes = 64 * 1024;
  const value = Buffer.alloc(1000);
  for (let life = 0; life < 3; life++) {
    const store = await Store.open(storage, { rewriteBytes });
    for (let count = 0; count < 300; count++) {
      value.writeUInt32LE(count);
      store.set(`${count % 50}`, value);
      await store.settled();
    }
    await rewritten(store);
    // Snapshot and log, of which the last segment is never dropped.
    assert(store.storedBytes < 4 * rewriteBytes, `${store.storedBytes} bytes`);
    assert(await replayed(storage) <= 2 * rewriteBytes);
    await store.close();
  }
  const store = await Store.open(storage, { rewriteBytes });
  assertEquals([store.size, store.get("49")?.readUInt32LE()], [50, 299]);
  await store.close();
});

test("Store goes on if a rewrite fails, and loses nothing", async () => {
  let isFull = true;
  const storage = new MemoryStorage({
    onCall: ({ operation, file }) =>
      operation === "write" && file.includes(".snapshot") && isFull
        ? { error: "EIO" }
        : {},
  });
  const store = await Store.open(storage, { warn() {} });
  store.set("k", bytes);
  store.rewrite();
  while (store.rewriteState === "busy") await wait(1);
  assertEquals(store.rewriteState, "failed");
  isFull = false;
  store.set("j", bytes);
  store.rewrite();
  await rewritten(store);
  await store.close();
  const again = await Store.open(storage);
  assertEquals([again.get("k"), again.get("j")], [bytes, bytes]);
  await again.close();
});

test("Store keeps a key whose expiry was prolonged after the last rewrite", async () => {
  const storage = new MemoryStorage();
  const clock = { ms: 1000 };
  const now = () => clock.ms;
  const store = await Store.open(storage, { now });
  store.set("k", bytes, 2000);
  store.rewrite();
  await rewritten(store);
  store.expire("k", 9000);
  await store.close();
  clock.ms = 5000;
  const again = await Store.open(storage, { now });
  assertEquals([again.get("k"), again.expiresAt("k")], [bytes, 9000]);
  await again.close();
});

test("Store loses no key that a rewrite left out, if the clock is set back", async () => {
  const storage = new MemoryStorage();
  const clock = { ms: 1000 };
  const now = () => clock.ms;
  const store = await Store.open(storage, { now });
  store.set("k", bytes, 2000);
  await store.settled();
  clock.ms = 2000;
  // Before the timer looks for keys that have expired.
  store.rewrite();
  await rewritten(store);
  clock.ms = 1500;
  const isKept = store.expire("k", 9000);
  await store.close();
  const again = await Store.open(storage, { now });
  assertEquals(again.get("k") !== undefined, isKept);
  await again.close();
});

test("Store.rewrite() forgets what has expired, however much that is", async () => {
  const clock = { ms: 1000 };
  const now = () => clock.ms;
  const store = await Store.open(new MemoryStorage(), { now });
  for (let key = 0; key < 20_000; key++) store.set(`${key}`, bytes, 2000);
  store.set("kept", bytes);
  await store.settled();
  clock.ms = 2000;
  store.rewrite();
  await rewritten(store);
  assertEquals(store.size, 1);
  await store.close();
});

test("Store.open() releases the log if its values cannot be restored", async () => {
  const storage = new MemoryStorage();
  const store = await Store.open(storage);
  store.set("k", bytes);
  store.rewrite();
  await rewritten(store);
  await store.close();
  for (const name of storage.list()) {
    if (name.endsWith(".snapshot")) storage.remove(name);
  }
  for (let attempt = 0; attempt < 2; attempt++) {
    await assertRejects(() => Store.open(storage), SnapshotMissingError);
  }
});

test("Store says that the disk was full, even if a rewrite has seen it first", async () => {
  let isFull = false;
  const storage = new MemoryStorage({
    onCall: ({ operation, file }) =>
      isFull && operation === "write" && file.includes(".wal")
        ? { error: "ENOSPC" }
        : {},
  });
  const store = await Store.open(storage, { warn() {} });
  store.set("k", bytes);
  await store.settled();
  isFull = true;
  store.set("dropped", bytes);
  await wait(5); // The log drops it, and no call is waiting.
  isFull = false;
  store.rewrite();
  while (store.rewriteState === "busy") await wait(1);
  await assertRejects(() => store.settled(), Error, "the disk was full");
  let caught: unknown;
  try {
    store.set("next", bytes); // It gets the LSN of the one that was dropped.
  } catch (error) {
    caught = error;
  }
  assertMatch(`${caught}`, /the disk was full/);
  await store.close().catch(() => {});
});

/*
 * Goal: what abstract-level does not ask about: checkpoints, full disks, bytes
 * that change, logs of others. Method: databases on a storage in memory.
 */
import { Buffer } from "node:buffer";
import {
  DurableLevel,
  type DurableLevelOptions,
} from "../../../../docs/examples/durable-level/durable_level.ts";
import { MemoryStorage } from "../../../../storage/memory/memory_storage.ts";
import { StorageFullError } from "../../../../storage/storage_error.ts";
import { LogLockedError } from "../../../../storage/storage.ts";
import { Wal } from "../../../../wal.ts";
import { LogFailedError } from "../../../../writer/log_failed_error.ts";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertLess,
  assertRejects,
  assertStringIncludes,
} from "../../../kit/assert.ts";
import { test } from "../../../kit/register.ts";

type Options = DurableLevelOptions<string, string>;

function open(storage: MemoryStorage, options: Options = {}): DurableLevel {
  const wal = { warn() {}, ...options.wal };
  return new DurableLevel(storage, { ...options, wal });
}

function bytesOf(storage: MemoryStorage): number {
  const files = storage.list().map((name) => storage.get(name)!.length);
  return files.reduce((sum, bytes) => sum + bytes, 0);
}

test("DurableLevel makes checkpoints by itself, and drops the log before them", async () => {
  const storage = new MemoryStorage();
  const db = open(storage, { checkpointBytes: 20_000 });
  for (let i = 0; i < 1000; i++) await db.put(`${i % 10}`, "x".repeat(1000));
  await db.close();
  assertLess(bytesOf(storage), 100_000);
  const again = open(storage);
  assertEquals((await again.keys().all()).length, 10);
  await again.close();
});

test("DurableLevel makes checkpoints of a large state less often", async () => {
  const storage = new MemoryStorage();
  const db = open(storage, { checkpointBytes: 1000 });
  let snapshots = 0;
  const rename = storage.rename;
  storage.rename = (from, to) => {
    if (to.endsWith(".snapshot")) snapshots++;
    return rename.call(storage, from, to);
  };
  for (let i = 0; i < 256; i++) await db.put(`${i}`, "x".repeat(1000));
  // After about 1, 2, 4, ... and 256 kB.
  assert(snapshots >= 5 && snapshots <= 9, `${snapshots}`);
  await db.close();
});

test("DurableLevel restores values that are larger than a piece of a snapshot", async () => {
  const storage = new MemoryStorage();
  const db = open(storage);
  const values = [1, 300_000, 5, 1_000_000].map((size) => "v".repeat(size));
  await Promise.all(values.map((value, index) => db.put(`${index}`, value)));
  await db.checkpoint();
  await db.del("0");
  await db.close();
  const again = open(storage);
  assertEquals(await again.values().all(), values.slice(1));
  await again.close();
});

test("DurableLevel applies writes in the order of the log, even if they wait", async () => {
  const storage = new MemoryStorage();
  const db = open(storage, {
    checkpointBytes: 20_000,
    wal: { maxQueuedRecords: 7 },
  });
  const writes = Array.from({ length: 3000 }, (_, i) => `${i}`);
  await Promise.all(writes.map((value, i) => db.put(`${i % 13}`, value)));
  const entries = await db.iterator().all();
  for (const [key, value] of entries) {
    assertEquals(value, writes.findLast((_, i) => `${i % 13}` === key));
  }
  await db.close();
  const again = open(storage);
  assertEquals(await again.iterator().all(), entries);
  await again.close();
});

test("DurableLevel lets no write overtake one that waited for room", async () => {
  const storage = new MemoryStorage();
  const db = open(storage, { wal: { maxQueuedRecords: 2 } });
  await db.open();
  const [first, second] = [db.put("a", ""), db.put("a", "")];
  const waiting = db.put("b", "earlier");
  await first;
  await Promise.all([second, waiting, db.put("b", "later")]);
  assertEquals(await db.get("b"), "later");
  await db.checkpoint();
  await db.close();
  await db.open();
  assertEquals(await db.get("b"), "later");
  await db.close();
});

test("DurableLevel copies a large value of a snapshot once or twice", async () => {
  const storage = new MemoryStorage();
  const db = open(storage);
  const size = 8_000_000;
  await db.put("large", "v".repeat(size));
  await db.checkpoint();
  await db.close();
  const { concat } = Buffer;
  let copied = 0;
  Buffer.concat = (...args: Parameters<typeof concat>) => {
    const whole = concat(...args);
    copied += whole.length;
    return whole;
  };
  try {
    await db.open();
  } finally {
    Buffer.concat = concat;
  }
  assertEquals((await db.get("large"))!.length, size);
  assertLess(copied, 2 * size);
  await db.close();
});

test("DurableLevel has few segments, however late checkpoints are made", async () => {
  for (const checkpointBytes of [2 ** 31, 2 ** 32, Infinity]) {
    const storage = new MemoryStorage();
    const db = open(storage, { checkpointBytes });
    for (let i = 0; i < 5; i++) await db.put("a", "x".repeat(5000));
    const segments = storage.list().filter((name) => name.endsWith(".wal"));
    assertEquals(segments.length, 1);
    await db.close();
  }
});

test("DurableLevel shows a write once it is acknowledged", async () => {
  const db = open(new MemoryStorage());
  await db.open();
  const putting = db.put("a", "1");
  assertEquals(db.getSync("a"), undefined);
  await putting;
  assertEquals(db.getSync("a"), "1");
  await db.close();
});

test("DurableLevel refuses a write that finds no space, and goes on", async () => {
  let isFull = false;
  const storage = new MemoryStorage({
    onCall: ({ operation }) =>
      isFull && operation === "write" ? { error: "ENOSPC" } : undefined,
  });
  const db = open(storage);
  await db.put("a", "1");
  isFull = true;
  await assertRejects(() => db.put("b", "2"), StorageFullError);
  await assertRejects(() => db.checkpoint(), StorageFullError);
  isFull = false;
  await db.put("c", "3");
  assertEquals(await db.keys().all(), ["a", "c"]);
  await db.close();
  const again = open(storage);
  assertEquals(await again.keys().all(), ["a", "c"]);
  await again.close();
});

test("DurableLevel warns of a checkpoint that fails, and makes another one later", async () => {
  let failures = 2;
  const storage = new MemoryStorage({
    onCall: ({ operation, file }) =>
      operation === "create" && file.includes("snapshot") && failures-- > 0
        ? { error: "EIO" }
        : undefined,
  });
  const warnings: string[] = [];
  const warn = (warning: string) => void warnings.push(warning);
  const db = open(storage, { checkpointBytes: 5000, wal: { warn } });
  for (let i = 0; i < 60; i++) await db.put("a", "x".repeat(1000));
  await db.close();
  assertEquals(warnings.length, 2);
  assertStringIncludes(warnings[0], "Cannot checkpoint");
  assert(storage.list().some((name) => name.endsWith(".snapshot")));
});

test("DurableLevel can be opened again after a failure that nobody knew of", async () => {
  let isBroken = false;
  const storage = new MemoryStorage({
    onCall: ({ operation }) =>
      isBroken && operation === "datasync" ? { error: "EIO" } : undefined,
  });
  const db = open(storage, { ack: "os" });
  await db.put("a", "1");
  isBroken = true;
  const { cause } = await assertRejects(() => db.close(), Error);
  assertInstanceOf(cause, LogFailedError);
  isBroken = false;
  await db.close();
  await db.open();
  await db.put("b", "2");
  assertStringIncludes(`${await db.keys().all()}`, "b");
  await db.close();
});

test("DurableLevel closes after a write that makes a checkpoint due", async () => {
  const storage = new MemoryStorage();
  const db = open(storage, { checkpointBytes: 100 });
  await db.open();
  const putting = db.put("a", "x".repeat(200));
  await db.close();
  await putting;
  await db.open();
  assertEquals(await db.keys().all(), ["a"]);
  await db.close();
});

test("DurableLevel waits until it is open before it flushes", async () => {
  for (const method of ["flush", "checkpoint"] as const) {
    const storage = new MemoryStorage();
    const db = open(storage, { ack: "memory" });
    const putting = db.put("a", "1");
    await db[method]();
    await putting;
    const again = open(storage.crash(() => 0));
    assertEquals(await again.get("a"), "1");
    await again.close();
    await db.close();
    const refused = await assertRejects(() => db[method](), Error);
    assertEquals(
      (refused as { code?: string }).code,
      "LEVEL_DATABASE_NOT_OPEN",
    );
  }
});

test("DurableLevel keeps bytes that the caller changes later, in both directions", async () => {
  const storage = new MemoryStorage();
  const encoding = { keyEncoding: "view", valueEncoding: "view" };
  const db = new DurableLevel<Uint8Array, Uint8Array>(storage, encoding);
  const [key, value] = [Uint8Array.of(0, 255), Uint8Array.of(128, 7)];
  await db.open();
  const putting = db.put(key, value);
  key[0] = value[0] = 9;
  await putting;
  const kept = () => db.get(Uint8Array.of(0, 255));
  (await kept())![0] = 9;
  assertEquals([...(await kept())!], [128, 7]);
  await db.close();
});

test("DurableLevel does not open what is open, or the log of something else", async () => {
  const storage = new MemoryStorage();
  const db = open(storage);
  await db.open();
  const locked = await assertRejects(() => open(storage).open(), Error);
  assertInstanceOf(locked.cause, LogLockedError);
  await db.close();
  const wal = await Wal.open(storage);
  await wal.append("something else");
  await wal.close();
  for (let time = 0; time < 2; time++) {
    const refused = await assertRejects(() => open(storage).open(), Error);
    assertStringIncludes(`${refused.cause}`, "record 1 is not of a database");
  }
});

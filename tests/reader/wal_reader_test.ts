import {
  chmodSync,
  mkdirSync,
  readdirSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { WalReader } from "../../reader/wal_reader.ts";
import { CorruptLogError } from "../../storage/corrupt_log_error.ts";
import { CompactedError } from "../../storage/frame_log.ts";
import { crc32 } from "../../storage/format/crc32.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { StorageError } from "../../storage/storage_error.ts";
import { Wal } from "../../wal.ts";
import { LogClosedError } from "../../writer/log_closed_error.ts";
import { assert, assertEquals, assertRejects } from "../kit/assert.ts";
import { asyncStorage } from "../kit/async_storage.ts";
import { lsnsOf, range, readOnly, textOf, textsOf } from "../kit/reader_kit.ts";
import { test } from "../kit/register.ts";
import { withTempDir } from "../kit/temp_dir.ts";

const small = { segmentBytes: 4096 };

/** Appends the records `from` to `to`, of 1.5 kB each. */
async function fill(wal: Wal, from: number, to: number): Promise<void> {
  for (const lsn of range(from, to)) await wal.append(textOf(lsn, 1500));
}

test("WalReader shows what is declared durable, or all that is written", async () => {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage, { synchronous: "off" });
  const durable = await WalReader.open(storage);
  const written = await WalReader.open(storage, { level: "os" });
  for (const text of ["one", "two"]) await wal.append(text);
  assertEquals(await textsOf(written), ["one", "two"]);
  assertEquals(await textsOf(durable), []);
  assertEquals([durable.lastLsn, durable.writtenLsn], [0, 2]);
  await wal.flush();
  await wal.append("three");
  assertEquals(await textsOf(durable), ["one", "two"]);
  assertEquals([durable.durableLsn, durable.writtenLsn], [2, 3]);
  await written.refresh();
  assertEquals([written.durableLsn, written.lastLsn], [2, 3]);
  await wal.close();
  assertEquals(await textsOf(durable), ["one", "two", "three"]);
  for (const reader of [durable, written]) await reader.close();
});

test("WalReader only lists, opens for reading, and reads", async () => {
  const memory = new MemoryStorage();
  const wal = await Wal.open(memory, small);
  const reader = await WalReader.open(readOnly(memory), { level: "os" });
  await fill(wal, 1, 6);
  assertEquals(await lsnsOf(reader), range(1, 6));
  await wal.truncateBefore(4);
  await fill(wal, 7, 9);
  assertEquals(await lsnsOf(reader), range(4, 9));
  assertEquals((await reader.last(2)).map(({ lsn }) => lsn), [8, 9]);
  assertEquals((await reader.get(5))?.lsn, 5);
  await wal.close();
  const again = await Wal.open(memory, small);
  await fill(again, 10, 11);
  assertEquals(await lsnsOf(reader), range(4, 11));
  const seen: number[] = [];
  for await (const { lsn } of reader.follow({ from: 9 })) {
    seen.push(lsn);
    if (lsn === 11) break;
  }
  assertEquals(seen, [9, 10, 11]);
  await reader.close();
  await again.close();
});

test("WalReader reads storages that answer later", async () => {
  const memory = new MemoryStorage();
  const wal = await Wal.open(memory, small);
  await fill(wal, 1, 7);
  const reader = await WalReader.open(asyncStorage(memory), { level: "os" });
  assertEquals(await lsnsOf(reader), range(1, 7));
  await wal.close();
  await reader.close();
});

test("WalReader.open() reads an empty directory as a log that may begin later", async () => {
  const storage = new MemoryStorage();
  const reader = await WalReader.open(storage);
  const { firstLsn, lastLsn, writtenLsn, durableLsn } = reader;
  assertEquals([firstLsn, lastLsn, writtenLsn, durableLsn], [1, 0, 0, 0]);
  assertEquals(await textsOf(reader), []);
  const wal = await Wal.open(storage, { firstLsn: 1000 });
  await wal.append("later");
  await wal.close();
  assertEquals(await textsOf(reader), ["later"]);
  assertEquals([reader.firstLsn, reader.durableLsn], [1000, 1000]);
  await reader.close();
});

test("WalReader.open() rejects without a directory, and among other files", () =>
  withTempDir(async (dir) => {
    const missing = await assertRejects(
      () => WalReader.open(`${dir}/missing`),
      StorageError,
    );
    assertEquals(missing.code, "ENOENT");
    mkdirSync(`${dir}/other`);
    writeFileSync(`${dir}/other/notes.txt`, "");
    await assertRejects(
      () => WalReader.open(`${dir}/other`),
      Error,
      "does not belong to a log",
    );
    assertEquals(readdirSync(`${dir}/other`), ["notes.txt"]);
  }));

test("WalReader works in a directory that it may not write to", () =>
  withTempDir(async (dir) => {
    const wal = await Wal.open(dir, small);
    await fill(wal, 1, 5);
    await wal.close();
    const listed = () =>
      readdirSync(dir).sort().map((name) => {
        const { size, mtimeMs } = statSync(`${dir}/${name}`);
        return `${name} ${size} ${mtimeMs}`;
      });
    const before = listed();
    for (const name of readdirSync(dir)) chmodSync(`${dir}/${name}`, 0o444);
    chmodSync(dir, 0o555);
    try {
      const reader = await WalReader.open(new URL(`file://${dir}/`));
      assertEquals(await lsnsOf(reader), range(1, 5));
      await reader.close();
    } finally {
      chmodSync(dir, 0o755);
    }
    assertEquals(listed(), before);
  }));

test("WalReader.open() refuses what is no target, or no option", async () => {
  const cases: [unknown, unknown, string][] = [
    ["", {}, "Cannot read a log because its target must be a path"],
    [new URL("http://x/"), {}, "its target must be a path"],
    [5, {}, "its target must be a path"],
    [new MemoryStorage(), 5, "its options must be an object"],
    [new MemoryStorage(), { levle: "os" }, "did you mean level?"],
    [new MemoryStorage(), { level: "memory" }, 'level must be "disk" or "os"'],
    ["x", { storage: 1 }, "storage must be a function"],
  ];
  for (const [target, options, message] of cases) {
    const open = () => WalReader.open(target as string, options as object);
    await assertRejects(open, TypeError, message);
  }
});

test("WalReader.close() ends what is in progress, and calls after it", async () => {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage);
  await wal.append("one");
  const reader = await WalReader.open(storage, { level: "os" });
  const reading = reader.read();
  await reading.next();
  const following = reader.follow();
  await following.next();
  const waiting = following.next();
  await reader.refresh();
  const closing = reader.close();
  assertEquals(reader.close(), closing);
  await closing;
  assertEquals((await waiting).done, true);
  await assertRejects(() => reading.next(), LogClosedError);
  await assertRejects(() => reader.refresh(), LogClosedError);
  await assertRejects(() => reader.get(1), LogClosedError);
  await wal.close();
});

test("WalReader reads on from a segment that is reused", async () => {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage, small);
  await fill(wal, 1, 6);
  const reader = await WalReader.open(storage, { level: "os" });
  const reading = reader.readBatches();
  assertEquals((await reading.next()).value?.firstLsn, 1);
  await wal.truncateBefore(5);
  await fill(wal, 7, 12); // in the files of the first segments
  await assertRejects(async () => {
    while (!(await reading.next()).done);
  }, CompactedError);
  assertEquals(await lsnsOf(reader), range(5, 12));
  await assertRejects(() => reader.get(2), CompactedError);
  await wal.close();
  await reader.close();
});

test("WalReader.follow() stops at what a checkpoint dropped before it came", async () => {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage, small);
  await fill(wal, 1, 8);
  const reader = await WalReader.open(storage, { level: "os" });
  const following = reader.follow();
  assertEquals((await following.next()).value?.lsn, 1);
  await wal.truncateBefore(8);
  const error = await assertRejects(async () => {
    while (true) await following.next();
  }, CompactedError);
  assertEquals(error.firstLsn, 8);
  await wal.close();
  await reader.close();
});

test("WalReader sees that a first segment was made again", async () => {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage, small);
  await wal.append("1 ");
  const [name] = storage.list().filter((name) => name.endsWith(".wal"));
  const bytes = storage.get(name)!;
  storage.put(name, bytes.subarray(0, 64));
  const reader = await WalReader.open(storage, { level: "os" });
  assertEquals(reader.lastLsn, 0);
  // The same name for a file with another salt.
  const other = new MemoryStorage();
  const twin = await Wal.open(other, small);
  await twin.append("1 twin");
  const theirs = other.get(name)!.slice();
  theirs.set(bytes.subarray(40, 56), 40); // the log's id
  storage.put(name, withChecksum(theirs));
  assertEquals(await textsOf(reader), ["1 twin"]);
  await reader.close();
  await twin.close();
  await wal.close();
});

function withChecksum(segment: Uint8Array): Uint8Array {
  const view = new DataView(segment.buffer);
  view.setUint32(60, crc32(segment.subarray(0, 60)), true);
  return segment;
}

test("WalReader reports damage that is there at a second look", async () => {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage, small);
  await fill(wal, 1, 5);
  await wal.close();
  const [first] = storage.list().filter((name) => name.endsWith(".wal")).sort();
  const bytes = storage.get(first)!;
  bytes[200] ^= 1;
  storage.put(first, bytes);
  const reader = await WalReader.open(storage);
  await assertRejects(() => lsnsOf(reader), CorruptLogError);
  await reader.close();
});

test("WalReader.open() rejects if what the log had durable is gone", async () => {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage, small);
  await fill(wal, 1, 5);
  await wal.close();
  const last = storage.list().filter((name) => name.endsWith(".wal")).sort()
    .at(-1)!;
  storage.put(last, storage.get(last)!.subarray(0, 100));
  await assertRejects(() => WalReader.open(storage), CorruptLogError);
  storage.remove(last);
  await assertRejects(() => WalReader.open(storage), CorruptLogError);
});

test("WalReader refuses a log that takes the place of the one it read", async () => {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage);
  await wal.append("one");
  await wal.close();
  const reader = await WalReader.open(storage);
  for (const name of storage.list()) storage.remove(name);
  await assertRejects(() => reader.refresh(), CorruptLogError, "is gone");
  const other = await Wal.open(storage);
  await other.append("other");
  await other.close();
  await assertRejects(
    () => reader.refresh(),
    CorruptLogError,
    "another log has taken its place",
  );
  await reader.close();
});

test("WalReader opens few files of a log that is complete", async () => {
  const memory = new MemoryStorage();
  const wal = await Wal.open(memory, small);
  await fill(wal, 1, 40);
  await wal.close();
  const opened: string[] = [];
  const reader = await WalReader.open(readOnly(memory, opened));
  assertEquals(reader.durableLsn, 40);
  assert(opened.length <= 3, opened.join(" "));
  await reader.close();
});

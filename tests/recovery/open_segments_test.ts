import { MemoryStorage } from "../../storage/memory_storage.ts";
import type { MemoryStorageOptions } from "../../storage/memory_storage_options.ts";
import { Wal } from "../../wal.ts";
import { assertEquals, assertGreater } from "../support/assert.ts";
import { recordReads } from "../support/record_reads.ts";
import { test } from "../support/register.ts";

test("Wal.open() opens the last segment only", async () => {
  const calls: { operation: string; file: string }[] = [];
  const options: MemoryStorageOptions = {
    onCall: (call) => void calls.push(call),
  };
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage, { segmentBytes: 4096 });
  for (let lsn = 1; lsn <= 200; lsn++) await wal.append(new Uint8Array(1000));
  await wal.close();
  const segments = storage.list().filter((name) => name.endsWith(".wal"));
  assertGreater(segments.length, 60);

  const reopened = await Wal.open(storage.kill(options));
  const touched = calls.filter(({ file }) => file !== "");
  assertEquals(
    [...new Set(touched.map(({ file }) => file))],
    [segments.sort().at(-1)],
  );
  assertEquals(await reopened.append("next"), 201);
  await reopened.close();
});

test("Wal.open() writes nothing to a log that was closed", async () => {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage);
  await wal.append("x");
  await wal.close();
  const operations: string[] = [];
  const onCall = ({ operation }: { operation: string }) => {
    operations.push(operation);
  };
  await (await Wal.open(storage.kill({ onCall }))).close();
  assertEquals(operations.includes("write"), false);
  assertEquals(operations.includes("create"), false);
});

test("Wal.open() takes no more memory than a small log has bytes", async () => {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage);
  await wal.append("x");
  await wal.close();
  const reads: number[] = [];
  const reopened = await Wal.open(recordReads(storage, reads));
  for await (const _ of reopened.read());
  await reopened.close();
  const [name] = storage.list();
  const { length } = storage.get(name)!;
  assertEquals(reads.filter((bytes) => bytes > length), []);
});

import {
  MemoryStorage,
  type MemoryStorageOptions,
} from "../../storage/memory/memory_storage.ts";
import { LogLockedError } from "../../storage/storage.ts";
import { Wal } from "../../wal.ts";
import {
  assert,
  assertEquals,
  assertGreater,
  assertRejects,
} from "../kit/assert.ts";
import { changed } from "../kit/changed_storage.ts";
import { recordReads } from "../kit/record_reads.ts";
import { test } from "../kit/register.ts";

test("Wal.open() reads the last segment only", async () => {
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

  const again = { segmentBytes: 4096 };
  const reopened = await Wal.open(storage.kill(options), again);
  const read = calls.filter(({ operation }) => operation === "read");
  assertEquals(
    new Set(read.map(({ file }) => file)),
    new Set([segments.sort().at(-1), "00000001.manifest"]),
  );
  assertEquals(await reopened.append("next"), 201);
  await reopened.close();
});

test("Wal.open() changes no segment of a log that was closed", async () => {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage);
  await wal.append("x");
  await wal.close();
  const operations = new Set<string>();
  const onCall = ({ operation, file }: { operation: string; file: string }) => {
    if (file.includes(".wal")) operations.add(operation);
  };
  await (await Wal.open(storage.kill({ onCall }))).close();
  assertEquals(operations, new Set(["open", "read"]));
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
  const name = storage.list().find((name) => name.endsWith(".wal"))!;
  const { length } = storage.get(name)!;
  assertEquals(reads.filter((bytes) => bytes > length), []);
});

test("Wal.open() that another opening overtakes finds the log locked, not a file gone", async () => {
  const crashed = new MemoryStorage();
  const owner = await Wal.open(crashed);
  await owner.append("one"); // No frame declares it synced: it is rewritten.
  const memory = crashed.kill();
  let winner: Wal | undefined;
  const storage = changed(memory, {
    storage: () => ({
      async open(name, mode) {
        winner ??= await Wal.open(memory);
        return memory.open(name, mode);
      },
    }),
  });
  await assertRejects(() => Wal.open(storage), LogLockedError);
  assertEquals(await winner?.append("two"), 2);
  await winner?.close();
});

test("openSegments() reads what is synced once, and copies only the rest", async () => {
  const record = new Uint8Array(1000);
  for (const synced of [1500, 1000, 3]) {
    const storage = new MemoryStorage();
    const killed = await Wal.open(storage, { synchronous: "off" });
    for (let lsn = 1; lsn <= synced; lsn++) await killed.append(record);
    await killed.flush();
    // The first one after a sync says that all before are synced.
    for (let lsn = synced + 1; lsn <= 1600; lsn++) await killed.append(record);
    let bytes = 0;
    const size = sizeOfLast(storage);
    const counting = changed(storage.kill(), {
      file: (file) => ({
        read(into, offset) {
          const count = file.read(into, offset);
          bytes += count;
          return count;
        },
      }),
    });
    await killed.close();
    const wal = await Wal.open(counting);
    const copied = Math.min(size, (1600 - synced) * 1100);
    const most = size + copied + 4 * 128 * 1024;
    assert(bytes <= most, `${bytes} of ${most} bytes, ${synced} synced`);
    let lsn = 0;
    for await (const found of wal.read()) assertEquals(found.lsn, ++lsn);
    assertEquals(lsn, 1600);
    await wal.close();
  }
});

/** Bytes of the last segment's file. */
function sizeOfLast(storage: MemoryStorage): number {
  const names = storage.list().filter((name) => name.endsWith(".wal")).sort();
  return storage.get(names.at(-1)!)!.length;
}

import { linkSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { NodeStorage } from "../../../storage/directory/node_storage.ts";
import type { OnCall } from "../../../storage/memory/memory_file.ts";
import {
  MemoryStorage,
  type MemoryStorageOptions,
} from "../../../storage/memory/memory_storage.ts";
import { formatSegmentName } from "../../../storage/format/file_names.ts";
import { SegmentSupply } from "../../../storage/segments/segment_supply.ts";
import {
  type Storage,
  type StorageLock,
  writeAll,
} from "../../../storage/storage.ts";
import { StorageError } from "../../../storage/storage_error.ts";
import { Wal } from "../../../wal.ts";
import { assert, assertEquals, assertRejects } from "../../kit/assert.ts";
import { changed } from "../../kit/changed_storage.ts";
import { test } from "../../kit/register.ts";
import { withTempDir } from "../../kit/temp_dir.ts";

/** A segment, a manifest or the reserve. */
const isOfLog = (name: string) => /\.(wal|manifest|reserve)$/.test(name);

const SEGMENT = "0000000000000001-00000003.wal";
const SPARE = "00000000-00000003.spare";
const SEGMENT_BYTES = 100_000;
const lock: StorageLock = { epoch: 3, held: () => true, release() {} };
const owner = { log: "0123456789abcdef".repeat(2), epoch: 3, lock };

function supplyOf(storage: Storage): SegmentSupply {
  return new SegmentSupply(storage, owner, {
    segmentBytes: SEGMENT_BYTES,
  });
}

/** A segment that was dropped, of bytes that show where they are seen. */
function dropped(options: MemoryStorageOptions = {}): MemoryStorage {
  const storage = new MemoryStorage(options);
  storage.put(SEGMENT, new Uint8Array(SEGMENT_BYTES).fill(9));
  return storage;
}

test("SegmentSupply.take() reuses a segment that has no other name", async () => {
  const storage = dropped();
  const supply = supplyOf(storage);
  await supply.take(SEGMENT);
  assertEquals(storage.list(), [SPARE]);
  const { name, bytes } = await supply.next(7, 0);
  assertEquals([storage.list(), bytes], [[name], SEGMENT_BYTES]);
  assertEquals(storage.get(name)?.at(-1), 9);
});

test("SegmentSupply.take() never reuses a segment that has another name", async () => {
  const storage = dropped();
  const backup = storage.get(SEGMENT)!;
  storage.link(SEGMENT, "user-backup");
  const supply = supplyOf(storage);
  await supply.take(SEGMENT);
  assertEquals(storage.list(), ["user-backup"]);
  const { file } = await supply.next(7, 0);
  await file.write(new Uint8Array(SEGMENT_BYTES), 64);
  assertEquals(storage.get("user-backup"), backup);
});

test("SegmentSupply.take() never reuses a file that a backup has linked since", async () => {
  const storage: MemoryStorage = dropped({
    onCall({ operation }) {
      if (operation === "rename") storage.link(SEGMENT, "user-backup");
    },
  });
  const supply = supplyOf(storage);
  await supply.take(SEGMENT);
  assertEquals(storage.list(), ["user-backup"]);
});

test("SegmentSupply.take() never reuses a file that a hard link on disk leads to", () =>
  withTempDir(async (parent) => {
    const storage = new NodeStorage(join(parent, "log"));
    storage.prepare();
    const backup = join(parent, "backup");
    const bytes = new Uint8Array(SEGMENT_BYTES).fill(9);
    for (const isLinked of [true, false]) {
      const file = storage.open(SEGMENT, "create");
      await writeAll(file, bytes, 0);
      await file.close();
      if (isLinked) linkSync(join(storage.location, SEGMENT), backup);
      const supply = supplyOf(storage);
      await supply.take(SEGMENT);
      assertEquals(storage.list(), isLinked ? [] : [SPARE]);
      const made = await supply.next(7, 0);
      await writeAll(made.file, new Uint8Array(SEGMENT_BYTES), 64);
      await made.file.close();
      storage.remove(made.name);
      assertEquals(storage.list(), []);
      assertEquals(new Uint8Array(readFileSync(backup)), bytes);
    }
  }));

test("SegmentSupply.take() removes a segment that it cannot look at", async () => {
  for (const failing of [1, 2]) {
    let opens = 0;
    const storage = dropped({
      onCall({ operation }) {
        if (operation !== "open") return;
        return ++opens === failing ? { error: "EMFILE" } : undefined;
      },
    });
    const supply = supplyOf(storage);
    await supply.take(SEGMENT);
    assertEquals(storage.list(), []);
  }
});

test("SegmentSupply.take() removes a segment where nobody counts its names", async () => {
  const memory = dropped();
  const storage = changed(memory, { file: () => ({ links: undefined }) });
  const supply = supplyOf(storage);
  await supply.take(SEGMENT);
  assertEquals(memory.list(), []);
});

test("SegmentSupply.take() removes what does not fit, and what is one too many", async () => {
  for (const bytes of [0, SEGMENT_BYTES + 1]) {
    const storage = new MemoryStorage();
    storage.put(SEGMENT, new Uint8Array(bytes));
    const supply = supplyOf(storage);
    await supply.take(SEGMENT);
    assertEquals(storage.list(), []);
  }
  const storage = new MemoryStorage();
  const supply = supplyOf(storage);
  for (const lsn of [1, 2, 3]) {
    const name = formatSegmentName(lsn, 3);
    storage.put(name, new Uint8Array(SEGMENT_BYTES));
    await supply.take(name);
  }
  assertEquals(storage.list().length, 2);
  await supply.giveBack();
  assertEquals(storage.list(), []);
});

test("SegmentSupply.take() never reuses a segment that an earlier opening made", async () => {
  const storage = new MemoryStorage();
  const name = formatSegmentName(1, 2);
  storage.put(name, new Uint8Array(SEGMENT_BYTES));
  await supplyOf(storage).take(name);
  assertEquals(storage.list(), []);
});

test("SegmentSupply.take() is content with a segment that is gone, and says what else fails", async () => {
  const supply = supplyOf(new MemoryStorage());
  await supply.take(SEGMENT);
  const onCall: OnCall = ({ operation }) =>
    operation === "remove" ? { error: "EIO" } : undefined;
  const storage = dropped({ onCall });
  storage.link(SEGMENT, "user-backup");
  await assertRejects(() => supplyOf(storage).take(SEGMENT), StorageError);
  assert(storage.get(SEGMENT) !== undefined);
});

test("a backup by hard links stays as it was while the log continues", () =>
  withTempDir(async (parent) => {
    const directory = join(parent, "log");
    const backup = join(parent, "backup");
    mkdirSync(backup);
    const wal = await Wal.open(directory, { segmentBytes: 4096 });
    const appendSome = async () => {
      for (let count = 0; count < 40; count++) {
        await wal.append(new Uint8Array(900).fill(count));
      }
    };
    await appendSome();
    const names = readdirSync(directory).filter((name) => isOfLog(name)).sort();
    const active = names.filter((name) => name.endsWith(".wal")).at(-1);
    for (const name of names) {
      linkSync(join(directory, name), join(backup, name));
    }
    const before = names.map((name) => readFileSync(join(backup, name)));
    await wal.truncateBefore(40);
    await appendSome();
    await wal.truncateBefore(80);
    await appendSome();
    for (const [index, name] of names.entries()) {
      const after = readFileSync(join(backup, name));
      // The tail of the active segment may grow or lose the zeros that follow
      // its frames; what was written stays.
      const written = name === active
        ? before[index].findLastIndex((byte) => byte !== 0) + 1
        : Math.max(before[index].length, after.length);
      assertEquals(
        after.subarray(0, written).compare(before[index].subarray(0, written)),
        0,
        name,
      );
    }
    await wal.close();
  }));

import type {
  OnCall,
  StorageCall,
} from "../../../storage/memory/memory_file.ts";
import { MemoryStorage } from "../../../storage/memory/memory_storage.ts";
import { StorageError } from "../../../storage/storage_error.ts";
import { Wal } from "../../../wal.ts";
import {
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";
import { track } from "../../kit/track.ts";

/*
 * Goal: `MemoryStorage` fails in the ways that its documentation states. What a
 * crash leaves is counted in tests/testing/explore/explore_test.ts.
 */

const sevens = new Uint8Array(4).fill(7);

/** Makes one operation fail from the nth time on. */
function from(
  nth: number,
  operation: StorageCall["operation"],
  effect: ReturnType<OnCall>,
): OnCall {
  let seen = 0;
  return (call) =>
    call.operation === operation && ++seen >= nth ? effect : undefined;
}

/** A promise that the test resolves. */
function gate(): { after: Promise<void>; goOn: () => void } {
  let goOn = () => {};
  const after = new Promise<void>((resolve) => goOn = resolve);
  return { after, goOn };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("MemoryStorage may be stuck: nothing is acknowledged until it continues", async () => {
  const { after, goOn } = gate();
  let isStuck = false;
  const storage = new MemoryStorage({
    onCall: ({ operation }) =>
      isStuck && operation === "datasync" ? { after } : undefined,
  });
  const wal = await Wal.open(storage);
  await wal.append("one");
  isStuck = true;
  const calls = [wal.append("two"), wal.append("three"), wal.close()];
  const tracked = calls.map((call) => track<unknown>(call));
  for (let turns = 0; turns < 20; turns++) await turn();
  assertEquals(tracked.map(({ state }) => state), Array(3).fill("pending"));
  goOn();
  await Promise.all(calls);
});

test("MemoryStorage, slow in a sync, covers only what was written before", async () => {
  const { after, goOn } = gate();
  const storage = new MemoryStorage({
    onCall: from(1, "datasync", { after }),
  });
  const file = storage.open("a", "create");
  storage.syncDirectory();
  file.write(sevens, 0);
  const syncing = file.datasync();
  file.write(sevens, 4);
  goOn();
  await syncing;
  assertEquals(storage.crash(() => 0).get("a"), sevens);
});

test("MemoryStorage may be full: the log says so, and keeps what it has", async () => {
  let isFull = false;
  const storage = new MemoryStorage({
    onCall: ({ operation }) =>
      isFull && operation === "write" ? { error: "ENOSPC" } : undefined,
  });
  const wal = await Wal.open(storage);
  await wal.append("one");
  isFull = true;
  const error = await assertRejects(() => wal.append("two"), Error);
  assertStringIncludes(error.message, "no space is left");
  await wal.close();
  await using reopened = await Wal.open(storage.kill());
  assertEquals(await reopened.flush(), 1);
});

test("MemoryStorage may write less than asked for, and then fail", async () => {
  const short = new MemoryStorage({ onCall: from(1, "write", { bytes: 3 }) });
  assertEquals(await short.open("a", "create").write(sevens, 0), 3);
  assertEquals(short.get("a"), sevens.slice(0, 3));
  const onCall = from(1, "write", { bytes: 1, error: "EIO" });
  const failing = new MemoryStorage({ onCall });
  const error = assertThrows(
    () => failing.open("a", "create").write(sevens, 0),
    StorageError,
  ) as StorageError;
  assertEquals([error.code, error.path], ["EIO", "[memory]/a"]);
  assertEquals(failing.get("a"), sevens.slice(0, 1));
});

test("MemoryStorage.kill() may cut the last write to a file", async () => {
  const storage = new MemoryStorage();
  const file = storage.open("a", "create");
  await file.write(sevens, 0);
  await file.write(sevens, 4);
  const killed = storage.kill({ cut: { file: "a", bytes: 3 } });
  assertEquals(killed.get("a")?.length, 5);
  assertEquals(storage.get("a")?.length, 8);
});

test("MemoryStorage under ext4 makes entries durable with a file's size", async () => {
  for (const fileSystem of ["ext4", "posix"] as const) {
    const storage = new MemoryStorage({ fileSystem });
    const file = storage.open("a", "create");
    await file.write(sevens, 0);
    await file.datasync();
    const found = storage.crash(() => 0).list();
    assertEquals(found, fileSystem === "ext4" ? ["a"] : []);
  }
});

test("MemoryStorage under posix may leave bytes of another file", async () => {
  const storage = new MemoryStorage();
  storage.put("old", new Uint8Array(4).fill(9));
  const file = storage.open("new", "create");
  storage.syncDirectory();
  await file.write(sevens, 0);
  const fates = [0, 2]; // Lost; as long as written, with what lay there.
  const crashed = storage.crash(() => fates.shift()!);
  assertEquals(crashed.get("new"), new Uint8Array(4).fill(9));
});

test("MemoryStorage refuses to delay what answers at once", () => {
  const onCall: OnCall = () => ({ after: Promise.resolve() });
  assertThrows(() => new MemoryStorage({ onCall }).list(), TypeError, "Cannot");
});

/** All that `look` sees of the disks that a crash may leave now, each once. */
function afterCrash<Seen>(
  storage: MemoryStorage,
  look: (crashed: MemoryStorage) => Seen,
): Seen[] {
  const seen = new Map<string, Seen>();
  let plan: number[] | undefined = [];
  while (plan !== undefined) {
    const [made, sizes]: number[][] = [[], []];
    const crashed = storage.crash((size) => {
      sizes.push(size);
      return made[made.push(plan![made.length] ?? 0) - 1];
    });
    const found = look(crashed);
    seen.set(JSON.stringify(found), found);
    const at = made.findLastIndex((one, index) => one + 1 < sizes[index]);
    plan = at < 0 ? undefined : [...made.slice(0, at), made[at] + 1];
  }
  return [...seen.keys()].sort().map((key) => seen.get(key)!);
}

const names = (storage: MemoryStorage) => storage.list().sort().join();

test("MemoryStorage may lose either name of a file before the directory's sync", () => {
  const storage = new MemoryStorage();
  storage.open("a", "create");
  storage.link("a", "b");
  assertEquals(afterCrash(storage, names), ["", "a", "a,b", "b"]);
  storage.syncDirectory();
  assertEquals(afterCrash(storage, names), ["a,b"]);
  const ext4 = new MemoryStorage({ fileSystem: "ext4" });
  ext4.open("a", "create");
  ext4.link("a", "b");
  assertEquals(afterCrash(ext4, names), ["", "a", "a,b"]);
  ext4.syncDirectory();
  assertEquals(afterCrash(ext4, names), ["a,b"]);
});

test("MemoryStorage may lose both names where one goes before the other is synced", () => {
  for (
    const [fileSystem, expected] of [
      ["posix", ["", "a", "a,b", "b"]],
      ["ext4", ["a", "a,b", "b"]],
    ] as const
  ) {
    const storage = new MemoryStorage({ fileSystem });
    storage.put("a", sevens);
    storage.link("a", "b");
    storage.remove("a");
    assertEquals(afterCrash(storage, names), [...expected]);
    storage.syncDirectory();
    assertEquals(afterCrash(storage, names), ["b"]);
  }
});

test("MemoryStorage keeps two names one file after a crash and a kill", async () => {
  const storage = new MemoryStorage();
  storage.put("a", sevens);
  storage.link("a", "b");
  storage.syncDirectory();
  for (const later of [storage.crash(() => 0), storage.kill(), storage]) {
    assertEquals(later.open("a", "read").links?.(), 2);
    await later.open("a", "write").write(new Uint8Array([1]), 0);
    assertEquals(later.get("b"), new Uint8Array([1, 7, 7, 7]));
    later.remove("a");
    assertEquals(later.open("b", "read").links?.(), 1);
  }
});

test("MemoryStorage.rename() does nothing between two names of one file", () => {
  const storage = new MemoryStorage();
  storage.put("a", sevens);
  storage.link("a", "b");
  storage.syncDirectory();
  storage.rename("a", "b");
  assertEquals(storage.list().sort(), ["a", "b"]);
  assertEquals(afterCrash(storage, names), ["a,b"]);
});

test("MemoryStorage may fail a link, which then did nothing", () => {
  const onCall = from(1, "link", { error: "EMLINK" });
  const storage = new MemoryStorage({ onCall });
  storage.put("a", sevens);
  const error = assertThrows(
    () => storage.link("a", "b"),
    StorageError,
  ) as StorageError;
  assertEquals([error.code, storage.list()], ["EMLINK", ["a"]]);
});

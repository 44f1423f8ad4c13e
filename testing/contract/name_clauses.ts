import { expectBytes, expectEqual, expectStorageError } from "./expect.ts";
import {
  pattern,
  type StorageClause,
  type StorageUnderTest,
  writeWhole,
} from "./storage_under_test.ts";

/** Names that a log uses. */
const A = "0000000000000001-00000001.wal";
const B = "0000000000000001-00000001.wal.tmp";
const C = "0000000000000009-00000002.wal";
const MISSING = "0000000000000404-00000001.wal";

/** What a storage's directory must do. */
export const nameClauses: StorageClause[] = [
  {
    name: "location and warning() are text",
    async check({ storage }) {
      const { location } = storage;
      expectEqual(typeof location, "string", "the type of location");
      expectEqual(location.length > 0, true, "whether location has any text");
      const warning = await storage.warning?.() ?? "";
      expectEqual(typeof warning, "string", "the type of a warning");
    },
  },
  {
    name: "prepare() may be called again, and changes nothing then",
    async check(bench) {
      await bench.put(A, pattern(100));
      await bench.storage.prepare();
      const again = await bench.again();
      await again.prepare();
      expectBytes(await bench.get(A), pattern(100), "the file after prepare()");
    },
  },
  {
    name: "list() names every file once, whoever created it",
    async check(bench) {
      const again = await bench.again();
      const before = await bench.storage.list();
      await bench.put(A, pattern(1));
      await (await bench.open(C, "create", again)).close();
      await bench.put(B, pattern(1));
      for (const storage of [bench.storage, again]) {
        const names = [...await storage.list()].sort();
        expectEqual(names, [...before, A, B, C].sort(), "list()");
      }
    },
  },
  {
    name: "list() forgets a file that was renamed or removed",
    async check(bench) {
      const before = await bench.storage.list();
      await bench.put(A, pattern(1));
      await bench.put(B, pattern(1));
      await bench.storage.rename(A, C);
      await bench.storage.remove(B);
      const names = [...await bench.storage.list()].sort();
      expectEqual(names, [...before, C].sort(), "list()");
    },
  },
  {
    name: "exists() finds the files that there are, if it is implemented",
    async check(bench) {
      if (bench.storage.exists === undefined) return;
      await bench.put(A, pattern(1));
      for (const storage of [bench.storage, await bench.again()]) {
        const found = [await storage.exists?.(A), await storage.exists?.(C)];
        expectEqual(found, [true, false], "exists()");
      }
      await bench.storage.remove(A);
      const isLeft = await bench.storage.exists(A);
      expectEqual(isLeft, false, "exists() of a removed file");
    },
  },
  {
    name: "space() tells how many bytes are free of how many, or nothing",
    async check({ storage }) {
      const space = await storage.space?.();
      if (space === undefined) return;
      const { freeBytes, totalBytes } = space;
      const isOrdered = freeBytes >= 0 && freeBytes <= totalBytes;
      expectEqual(isOrdered, true, "whether freeBytes is within totalBytes");
    },
  },
  {
    name: "open() creates an empty file that can be written and read",
    async check(bench) {
      const file = await bench.open(A, "create");
      expectEqual(await file.size(), 0, "the size of a new file");
      await writeWhole(file, pattern(9), 0);
      const into = new Uint8Array(9);
      const count = await file.read(into, 0);
      expectEqual(count >= 1, true, "whether a new file can be read");
      expectBytes(into.subarray(0, count), pattern(9).subarray(0, count), A);
    },
  },
  {
    name: "open() refuses to create a file that exists, and keeps it",
    async check(bench) {
      await bench.put(A, pattern(50));
      for (const storage of [bench.storage, await bench.again()]) {
        const call = () => bench.open(A, "create", storage);
        await expectStorageError(call, "EEXIST", A, "create of a taken name");
      }
      expectBytes(await bench.get(A), pattern(50), "the file that was there");
    },
  },
  {
    name: "open() lets only one of several calls at once create a file",
    async check(bench) {
      const storages = [bench.storage, await bench.again()];
      const made = await Promise.allSettled(
        [...storages, ...storages].map((storage) =>
          bench.open(A, "create", storage)
        ),
      );
      const won = made.filter(({ status }) => status === "fulfilled");
      expectEqual(won.length, 1, "how many of 4 made the same file");
    },
  },
  {
    name: "open() refuses to read a missing file",
    async check(bench) {
      const call = () => bench.open(MISSING, "read");
      await expectStorageError(call, "ENOENT", MISSING, "open to read");
      const names = await bench.storage.list();
      expectEqual(names.includes(MISSING), false, "whether open() made it");
    },
  },
  {
    name: "rename() gives a file another name",
    async check(bench) {
      await bench.put(A, pattern(50));
      await bench.storage.rename(A, C);
      const call = () => bench.open(A, "read");
      await expectStorageError(call, "ENOENT", A, "open by the old name");
      expectBytes(await bench.get(C), pattern(50), "the file's new name");
    },
  },
  {
    name: "rename() replaces a whole file",
    async check(bench) {
      await bench.put(A, pattern(20, 1));
      await bench.put(C, pattern(90, 2));
      await bench.storage.rename(A, C);
      const again = await bench.again();
      expectBytes(await bench.get(C, again), pattern(20, 1), "the target");
    },
  },
  {
    name: "rename() of a file to its own name keeps it",
    async check(bench) {
      await bench.put(A, pattern(50));
      await bench.storage.rename(A, A);
      expectBytes(await bench.get(A), pattern(50), "the file");
    },
  },
  {
    name: "rename() never shows a reader a missing or partial target",
    check: readWhileReplaced,
  },
  {
    name: "rename() leaves open handles on their file",
    async check(bench) {
      const file = await bench.open(B, "create");
      await writeWhole(file, pattern(40), 0);
      await bench.storage.rename(B, A);
      await bench.storage.syncDirectory();
      await writeWhole(file, pattern(60).subarray(40), 40);
      await file.datasync();
      expectEqual(await file.size(), 60, "the size by the open handle");
      const again = await bench.again();
      expectBytes(await bench.get(A, again), pattern(60), "the new name");
      const names = await bench.storage.list();
      expectEqual(names.includes(B), false, "whether the old name is back");
    },
  },
  {
    name: "rename() refuses a missing file, and keeps the target",
    async check(bench) {
      await bench.put(A, pattern(30));
      const call = () => bench.storage.rename(MISSING, A);
      await expectStorageError(call, "ENOENT", MISSING, "rename");
      expectBytes(await bench.get(A), pattern(30), "the target");
    },
  },
  {
    name: "remove() deletes a file, and frees its name",
    async check(bench) {
      await bench.put(A, pattern(30));
      await bench.storage.remove(A);
      const call = () => bench.open(A, "read");
      await expectStorageError(call, "ENOENT", A, "open of a removed file");
      await bench.put(A, pattern(10, 5));
      expectBytes(
        await bench.get(A),
        pattern(10, 5),
        "a new file of that name",
      );
    },
  },
  {
    name: "remove() refuses a missing file",
    async check(bench) {
      const call = () => bench.storage.remove(MISSING);
      await expectStorageError(call, "ENOENT", MISSING, "remove");
    },
  },
  {
    name: "syncDirectory() changes nothing visible",
    async check(bench) {
      await bench.storage.syncDirectory();
      await bench.put(A, pattern(30));
      await bench.put(B, pattern(1));
      await bench.storage.remove(B);
      const before = [...await bench.storage.list()].sort();
      await bench.storage.syncDirectory();
      await bench.storage.syncDirectory();
      expectEqual([...await bench.storage.list()].sort(), before, "list()");
      expectBytes(await bench.get(A), pattern(30), "a file");
    },
  },
];

/** Opens the target again and again while it is being replaced. */
async function readWhileReplaced(bench: StorageUnderTest): Promise<void> {
  const [older, newer] = [pattern(30, 1), pattern(60, 2)];
  await bench.put(A, newer);
  await bench.put(C, older);
  const again = await bench.again();
  let isDone = false;
  const renaming = Promise.resolve(bench.storage.rename(A, C))
    .finally(() => isDone = true);
  renaming.catch(() => {});
  do {
    const found = await bench.get(C, again);
    const expected = found.length === older.length ? older : newer;
    expectBytes(found, expected, "the target while it is replaced");
  } while (!isDone);
  await renaming;
  expectBytes(await bench.get(C, again), newer, "the target in the end");
}

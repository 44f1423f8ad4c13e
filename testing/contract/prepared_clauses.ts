import { expectBytes, expectEqual } from "./expect.ts";
import {
  pattern,
  readWhole,
  type StorageClause,
  writeWhole,
} from "./storage_under_test.ts";

const NAME = "0000000000000000-00000001.wal.tmp";
const LARGE_BYTES = 3 * 1024 * 1024 + 5;

/** What a storage must do for segments that are prepared ahead. */
export const preparedClauses: StorageClause[] = [
  {
    name: "truncate() cuts a file, and a write beyond leaves zeros",
    async check(bench) {
      const file = await bench.open(NAME, "create");
      await writeWhole(file, pattern(5000), 0);
      await file.truncate(4000);
      expectBytes(
        await readWhole(file),
        pattern(5000).subarray(0, 4000),
        "cut",
      );
      await writeWhole(file, pattern(10), 4100);
      const expected = new Uint8Array(4110);
      expected.set(pattern(5000).subarray(0, 4000));
      expected.set(pattern(10), 4100);
      expectBytes(await readWhole(file), expected, "written beyond the cut");
    },
  },
  {
    name: "open() to write keeps a file's bytes, and overwrites them",
    async check(bench) {
      const made = await bench.open(NAME, "create");
      await writeWhole(made, pattern(100), 0);
      const file = await bench.open(NAME, "write");
      await writeWhole(file, pattern(10, 7), 50);
      const expected = pattern(100);
      expected.set(pattern(10, 7), 50);
      expectBytes(await readWhole(file), expected, "a file opened to write");
    },
  },
  {
    name: "allocate(), if implemented, extends a file with zeros",
    async check(bench) {
      if (bench.storage.allocate === undefined) return;
      await bench.storage.allocate(NAME, 0, 100);
      await bench.storage.allocate(NAME, 100, LARGE_BYTES);
      const file = await bench.open(NAME, "read");
      expectEqual(await file.size(), LARGE_BYTES, "the size");
      const found = await readWhole(file);
      expectBytes(found, new Uint8Array(LARGE_BYTES), "a file of zeros");
    },
  },
];

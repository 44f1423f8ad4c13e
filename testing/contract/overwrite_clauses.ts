import { expectBytes } from "./expect.ts";
import {
  pattern,
  readWhole,
  type StorageClause,
  writeWhole,
} from "./storage_under_test.ts";

const NAME = "0000000000000000-00000001.wal.tmp";
const ZEROS = 1024 * 1024;

/** What a storage must do for files whose bytes are overwritten. */
export const overwriteClauses: StorageClause[] = [
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
    name: "write() keeps zeros after other bytes until they are overwritten",
    async check(bench) {
      const file = await bench.open(NAME, "create");
      const expected = new Uint8Array(10 + ZEROS);
      expected.set(pattern(10));
      await writeWhole(file, expected, 0);
      expectBytes(await readWhole(file), expected, "bytes and zeros");
      await writeWhole(file, pattern(20, 7), 10);
      expected.set(pattern(20, 7), 10);
      expectBytes(await readWhole(file), expected, "zeros overwritten");
    },
  },
];

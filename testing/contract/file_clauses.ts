import { expectBytes, expectEqual } from "./expect.ts";
import {
  pattern,
  readSome,
  readWhole,
  type StorageClause,
  writeWhole,
} from "./storage_under_test.ts";

const NAME = "0000000000000001-00000001.wal";
const OTHER = "0000000000000002-00000001.wal";

const LARGE_BYTES = 3 * 1024 * 1024 + 5;

/** What an open file must do. */
export const fileClauses: StorageClause[] = [
  {
    name: "write() puts bytes at their offset, one after another",
    async check(bench) {
      const file = await bench.open(NAME, "create");
      await writeWhole(file, pattern(100).subarray(0, 33), 0);
      await writeWhole(file, pattern(100).subarray(33), 33);
      expectBytes(await readWhole(file), pattern(100), "two writes");
    },
  },
  {
    name: "write() over existing bytes replaces only those",
    async check(bench) {
      const file = await bench.open(NAME, "create");
      await writeWhole(file, pattern(100, 1), 0);
      await writeWhole(file, pattern(20, 7), 30);
      const expected = pattern(100, 1);
      expected.set(pattern(20, 7), 30);
      expectBytes(await readWhole(file), expected, "a write in the middle");
    },
  },
  {
    name: "write() beyond the end fills the gap with zeros",
    async check(bench) {
      const file = await bench.open(NAME, "create");
      await writeWhole(file, pattern(10), 0);
      await writeWhole(file, pattern(10, 3), 5000);
      const expected = new Uint8Array(5010);
      expected.set(pattern(10), 0);
      expected.set(pattern(10, 3), 5000);
      expectBytes(await readWhole(file), expected, "a file with a gap");
    },
  },
  {
    name: "write() accepts megabytes, whole or in parts",
    async check(bench) {
      const file = await bench.open(NAME, "create");
      await writeWhole(file, pattern(LARGE_BYTES), 7);
      expectEqual(await file.size(), LARGE_BYTES + 7, "the size");
      const found = await readSome(file, 7, LARGE_BYTES);
      expectBytes(found, pattern(LARGE_BYTES), "a large write");
    },
  },
  {
    name: "write() writes only the given part of a buffer",
    async check(bench) {
      const file = await bench.open(NAME, "create");
      await writeWhole(file, pattern(100).subarray(40, 70), 0);
      const expected = pattern(100).subarray(40, 70);
      expectBytes(await readWhole(file), expected, "a part of a buffer");
    },
  },
  {
    name: "write() does not change the caller's bytes",
    async check(bench) {
      const file = await bench.open(NAME, "create");
      const bytes = pattern(100);
      await writeWhole(file, bytes.subarray(10, 90), 0);
      expectBytes(bytes, pattern(100), "the caller's buffer");
    },
  },
  {
    name: "write() lets the caller reuse its buffer once it is done",
    async check(bench) {
      const file = await bench.open(NAME, "create");
      const bytes = pattern(100);
      await writeWhole(file, bytes, 0);
      bytes.fill(0);
      expectBytes(await readWhole(file), pattern(100), "before the sync");
      await file.datasync();
      expectBytes(await readWhole(file), pattern(100), "after the sync");
    },
  },
  {
    name: "write() of nothing returns 0 and changes nothing",
    async check(bench) {
      const file = await bench.open(NAME, "create");
      await writeWhole(file, pattern(10), 0);
      for (const offset of [4, 10, 500]) {
        expectEqual(await file.write(new Uint8Array(), offset), 0, "write()");
      }
      expectBytes(await readWhole(file), pattern(10), "the file");
    },
  },
  {
    name: "read() is short at the end, and returns 0 there and beyond",
    async check(bench) {
      const file = await bench.open(NAME, "create");
      await writeWhole(file, pattern(100), 0);
      const tail = await readSome(file, 90, 50);
      expectBytes(tail, pattern(100).subarray(90), "the last 10 of 100 bytes");
      for (const offset of [100, 101, 100_000]) {
        const count = await file.read(new Uint8Array(8), offset);
        expectEqual(count, 0, `read() at ${offset} of 100 bytes`);
      }
    },
  },
  {
    name: "read() changes only the bytes that it reports",
    async check(bench) {
      const file = await bench.open(NAME, "create");
      await writeWhole(file, pattern(100), 0);
      for (const offset of [20, 95, 100]) {
        const buffer = pattern(50, 9);
        const count = await file.read(buffer.subarray(10, 30), offset);
        const expected = pattern(50, 9);
        expected.set(pattern(100).subarray(offset, offset + count), 10);
        expectBytes(buffer, expected, `the buffer of a read at ${offset}`);
      }
    },
  },
  {
    name: "read() and write() accept any offset, in any order",
    async check(bench) {
      const file = await bench.open(NAME, "create");
      const expected = pattern(600);
      for (const part of [4, 1, 2, 5, 0, 3]) {
        const bytes = expected.subarray(part * 100, part * 100 + 100);
        await writeWhole(file, bytes, part * 100);
        const found = await readSome(file, part * 100 + 10, 50);
        expectBytes(found, bytes.subarray(10, 60), `part ${part}`);
      }
      expectBytes(await readWhole(file), expected, "all parts");
    },
  },
  {
    name: "size() depends only on what was written",
    async check(bench) {
      const file = await bench.open(NAME, "create");
      const sizes = [await file.size()];
      for (const offset of [0, 10, 100, 50]) {
        await writeWhole(file, pattern(10), offset);
        sizes.push(await file.size());
      }
      await readSome(file, 0, 500);
      sizes.push(await file.size());
      expectEqual(sizes, [0, 10, 20, 110, 110, 110], "size() at each step");
    },
  },
  {
    name: "handles on one file see what was written, each at its own offset",
    async check(bench) {
      const again = await bench.again();
      const file = await bench.open(NAME, "create");
      const readers = [await bench.open(NAME, "read")];
      for (const end of [100, 200, 300]) {
        const bytes = pattern(end).subarray(end - 100);
        await writeWhole(file, bytes, end - 100);
        readers.push(await bench.open(NAME, "read", again));
        for (const reader of readers) {
          expectEqual(await reader.size(), end, "size() of another handle");
          const found = await readWhole(reader);
          expectBytes(found, pattern(end), "another handle");
        }
      }
      const parts = await Promise.all(
        readers.map((reader, index) => readSome(reader, index * 70, 70)),
      );
      for (const [index, part] of parts.entries()) {
        const expected = pattern(300).subarray(index * 70, index * 70 + 70);
        expectBytes(part, expected, "a handle while others are read");
      }
    },
  },
  {
    name: "datasync() may be called again, and keeps every byte",
    async check(bench) {
      const file = await bench.open(NAME, "create");
      await file.datasync();
      await writeWhole(file, pattern(100), 0);
      await file.datasync();
      await file.datasync();
      await writeWhole(file, pattern(120).subarray(100), 100);
      await file.datasync();
      const found = await bench.get(NAME, await bench.again());
      expectBytes(found, pattern(120), "a synced file");
    },
  },
  {
    name: "close() keeps what was written, and leaves other handles open",
    async check(bench) {
      const file = await bench.open(NAME, "create");
      await writeWhole(file, pattern(100), 0);
      const reader = await bench.open(NAME, "read");
      await file.close();
      expectBytes(await readWhole(reader), pattern(100), "another handle");
      const found = await bench.get(NAME, await bench.again());
      expectBytes(found, pattern(100), "a file that was not synced");
    },
  },
  {
    name: "calls on different files may overlap",
    async check(bench) {
      const names = [NAME, OTHER];
      const files = await Promise.all(
        names.map((name) => bench.open(name, "create")),
      );
      for (const offset of [0, 1000, 2000]) {
        await Promise.all([
          ...files.map((file, index) =>
            writeWhole(file, pattern(1000, offset + index * 7), offset)
          ),
          bench.storage.list(),
        ]);
      }
      const found = await Promise.all(files.map(readWhole));
      for (const [index, bytes] of found.entries()) {
        for (const offset of [0, 1000, 2000]) {
          const part = bytes.subarray(offset, offset + 1000);
          const expected = pattern(1000, offset + index * 7);
          expectBytes(part, expected, `file ${index} at ${offset}`);
        }
      }
    },
  },
];

import { StorageError } from "../../../storage/storage_error.ts";
import { anotherTurn } from "../../kit/another_turn.ts";
import type { Change, SyncFile } from "../../kit/changed_storage.ts";

/** `[how its files are broken, the clause that finds it, the change]` */
export const brokenFiles: [string, string, Change][] = [
  [
    "truncate() does nothing",
    "truncate() cuts a file, and a write beyond leaves zeros",
    { file: () => ({ truncate() {} }) },
  ],
  [
    "truncate() hides bytes that come back",
    "truncate() cuts a file, and a write beyond leaves zeros",
    {
      file(file, name, memory) {
        let before = new Uint8Array();
        return {
          truncate(size) {
            before = memory.get(name)!.slice(size);
            file.truncate(size);
          },
          write(bytes, offset) {
            if (before.length > 0) file.write(before, file.size());
            return file.write(bytes, offset);
          },
        };
      },
    },
  ],
  [
    "open() to write empties the file",
    "open() to write keeps a file's bytes, and overwrites them",
    {
      storage: (memory) => ({
        open(name, mode) {
          const file = memory.open(name, mode);
          if (mode === "write") file.truncate(0);
          return file;
        },
      }),
    },
  ],
  [
    "write() drops zeros at the end",
    "write() keeps zeros after other bytes until they are overwritten",
    {
      file: (file) => ({
        write(bytes, offset) {
          const end = bytes.findLastIndex((byte) => byte > 0) + 1;
          const kept = file.write(bytes.subarray(0, end), offset) as number;
          return kept + bytes.length - end;
        },
      }),
    },
  ],
  [
    "write() ignores the offset",
    "write() puts bytes at their offset, one after another",
    { file: (file) => ({ write: (bytes) => file.write(bytes, 0) }) },
  ],
  [
    "write() says that it wrote nothing",
    "write() puts bytes at their offset, one after another",
    { file: () => ({ write: () => 0 }) },
  ],
  [
    "write() says that it wrote more",
    "write() puts bytes at their offset, one after another",
    {
      file: (file) => ({
        write: (bytes, offset) => file.write(bytes, offset) + 1,
      }),
    },
  ],
  [
    "write() says nothing",
    "write() puts bytes at their offset, one after another",
    {
      file: (file) => ({
        write: (bytes, offset) =>
          void file.write(bytes, offset) as unknown as number,
      }),
    },
  ],
  [
    "write() goes to the end",
    "write() over existing bytes replaces only those",
    { file: (file) => ({ write: (bytes) => file.write(bytes, file.size()) }) },
  ],
  [
    "write() writes whole sectors",
    "write() over existing bytes replaces only those",
    {
      file: (file) => ({
        write(bytes, offset) {
          const sector = new Uint8Array(Math.ceil(bytes.length / 64) * 64);
          sector.set(bytes);
          file.write(sector.subarray(0, bytes.length + 64), offset);
          return bytes.length;
        },
      }),
    },
  ],
  [
    "write() fills gaps with what it has",
    "write() beyond the end fills the gap with zeros",
    {
      file: (file) => ({
        write(bytes, offset) {
          const gap = Math.max(0, offset - file.size());
          file.write(new Uint8Array(gap).fill(255), offset - gap);
          return file.write(bytes, offset);
        },
      }),
    },
  ],
  [
    "write() leaves no gap",
    "write() beyond the end fills the gap with zeros",
    {
      file: (file) => ({
        write: (bytes, offset) =>
          file.write(bytes, Math.min(offset, file.size())),
      }),
    },
  ],
  [
    "write() drops what is beyond a mebibyte, and does not say so",
    "write() accepts megabytes, whole or in parts",
    {
      file: (file) => ({
        write(bytes, offset) {
          file.write(bytes.subarray(0, 1 << 20), offset);
          return bytes.length;
        },
      }),
    },
  ],
  [
    "write() takes the buffer that lies below a part",
    "write() writes only the given part of a buffer",
    {
      file: (file) => ({
        write: (bytes, offset) =>
          file.write(new Uint8Array(bytes.buffer, 0, bytes.length), offset),
      }),
    },
  ],
  [
    "write() keeps the buffer for itself",
    "write() does not change the caller's bytes",
    {
      file: (file) => ({
        write(bytes, offset) {
          const { length } = bytes;
          const buffer = bytes.buffer as ArrayBuffer;
          const taken = structuredClone(bytes, { transfer: [buffer] });
          return file.write(taken, offset) && length;
        },
      }),
    },
  ],
  [
    "write() swaps bytes in place",
    "write() does not change the caller's bytes",
    {
      file: (file) => ({
        write(bytes, offset) {
          const count = file.write(bytes, offset);
          bytes.reverse();
          return count;
        },
      }),
    },
  ],
  [
    "write() looks at the buffer when it is synced or read",
    "write() lets the caller reuse its buffer once it is done",
    { file: lazily },
  ],
  [
    "write() of nothing says 1",
    "write() of nothing returns 0 and changes nothing",
    {
      file: (file) => ({
        write: (bytes, offset) => Math.max(1, file.write(bytes, offset)),
      }),
    },
  ],
  [
    "read() says that it filled all",
    "read() is short at the end, and returns 0 there and beyond",
    {
      file: (file) => ({
        read(into, offset) {
          file.read(into, offset);
          return into.length;
        },
      }),
    },
  ],
  [
    "read() fails beyond the end",
    "read() is short at the end, and returns 0 there and beyond",
    {
      file: (file, name) => ({
        read(into, offset) {
          if (offset <= file.size()) return file.read(into, offset);
          throw new StorageError("EINVAL", name, "EINVAL");
        },
      }),
    },
  ],
  [
    "read() clears the rest of the buffer",
    "read() changes only the bytes that it reports",
    {
      file: (file) => ({
        read(into, offset) {
          into.fill(0);
          return file.read(into, offset);
        },
      }),
    },
  ],
  [
    "read() fills the buffer from its start",
    "read() changes only the bytes that it reports",
    {
      file: (file) => ({
        read: (into, offset) =>
          file.read(new Uint8Array(into.buffer, 0, into.length), offset),
      }),
    },
  ],
  [
    "read() ignores the offset",
    "read() and write() accept any offset, in any order",
    {
      file(file) {
        let position = 0;
        return {
          read(into) {
            const count = file.read(into, position);
            position += count;
            return count;
          },
        };
      },
    },
  ],
  [
    "read() moves where write() writes",
    "read() and write() accept any offset, in any order",
    {
      file(file) {
        let [expected, moved] = [0, 0];
        return {
          read(into, offset) {
            const count = file.read(into, offset);
            moved += count;
            return count;
          },
          write(bytes, offset) {
            const at = offset === expected ? offset + moved : offset;
            expected = offset + bytes.length;
            moved = 0;
            return file.write(bytes, at);
          },
        };
      },
    },
  ],
  [
    "size() sums up what was written",
    "size() depends only on what was written",
    {
      file(file) {
        let size = 0;
        return {
          write(bytes, offset) {
            size += bytes.length;
            return file.write(bytes, offset);
          },
          size: () => size,
        };
      },
    },
  ],
  [
    "size() is that on opening",
    "handles on one file see what was written, each at its own offset",
    {
      file(file) {
        const atFirst = file.size();
        return { size: () => atFirst || file.size() };
      },
    },
  ],
  [
    "a handle reads what was there when it was opened",
    "handles on one file see what was written, each at its own offset",
    {
      file(file, name, memory) {
        const seen = memory.get(name)!;
        if (seen.length === 0) return {};
        return {
          read(into, offset) {
            const part = seen.subarray(offset, offset + into.length);
            into.set(part);
            return part.length;
          },
          write: (bytes, offset) => file.write(bytes, offset),
        };
      },
    },
  ],
  [
    "all handles share one position",
    "handles on one file see what was written, each at its own offset",
    {
      file: (file) => ({
        async read(into, offset) {
          position = offset;
          await anotherTurn();
          return file.read(into, position);
        },
      }),
    },
  ],
  [
    "datasync() works once",
    "datasync() may be called again, and keeps every byte",
    {
      file(_file, name) {
        let synced = 0;
        return {
          datasync() {
            if (synced++ > 0) throw new StorageError("EIO", name, "EIO");
          },
        };
      },
    },
  ],
  [
    "datasync() publishes what was written, and forgets the rest later",
    "datasync() may be called again, and keeps every byte",
    {
      file(file, name, memory) {
        let base = 0;
        return {
          datasync() {
            memory.put(name, memory.get(name)!.slice(base));
            base = file.size();
          },
        };
      },
    },
  ],
  [
    "close() drops what was not synced",
    "close() keeps what was written, and leaves other handles open",
    {
      file(_file, name, memory) {
        let synced = false;
        return {
          datasync: () => void (synced = true),
          close() {
            if (!synced) memory.put(name, new Uint8Array());
          },
        };
      },
    },
  ],
  [
    "close() closes every handle on the file",
    "close() keeps what was written, and leaves other handles open",
    {
      file: (file, name, memory) => ({
        read(into, offset) {
          if (closed.get(memory) === name) {
            throw new StorageError("EBADF", name, "EBADF");
          }
          return file.read(into, offset);
        },
        close: () => void closed.set(memory, name),
      }),
    },
  ],
  [
    "write() goes through one scratch buffer for all files",
    "calls on different files may overlap",
    {
      file: (file) => ({
        async write(bytes, offset) {
          const part = scratch.subarray(0, bytes.length);
          part.set(bytes.subarray(0, part.length));
          await anotherTurn();
          return file.write(part, offset);
        },
      }),
    },
  ],
];

let position = 0;
const scratch = new Uint8Array(4096);
const closed = new WeakMap<object, string>();

/** Writes are carried out when something else is asked for. */
function lazily(file: SyncFile) {
  const pending: { bytes: Uint8Array; offset: number }[] = [];
  const carryOut = () => {
    for (const { bytes, offset } of pending.splice(0)) {
      file.write(bytes, offset);
    }
  };
  return {
    write(bytes: Uint8Array, offset: number) {
      pending.push({ bytes, offset });
      return bytes.length;
    },
    read(into: Uint8Array, offset: number) {
      carryOut();
      return file.read(into, offset);
    },
    size() {
      carryOut();
      return file.size();
    },
    datasync: carryOut,
  };
}

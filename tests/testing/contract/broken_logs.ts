import { StorageError } from "../../../storage/storage_error.ts";
import { anotherTurn } from "../../kit/another_turn.ts";
import type { Change } from "../../kit/changed_storage.ts";

/** `[how it is broken, the clause on logs that finds it, the change]` */
export const brokenLogs: [string, string, Change][] = [
  [
    "files cannot be opened through another object",
    "a Wal finds its records when it is opened again",
    {
      storage(memory) {
        const own = new Set<string>();
        return {
          open(name, mode) {
            if (mode === "create") own.add(name);
            if (own.has(name)) return memory.open(name, mode);
            throw new StorageError("ENOENT", name, "ENOENT");
          },
        };
      },
    },
  ],
  [
    "list() ends after three names",
    "a Wal continues in new segments, and reads across them",
    { storage: (memory) => ({ list: () => memory.list().slice(0, 3) }) },
  ],
  [
    "remove() does nothing",
    "a Wal drops old segments for good, and keeps the others",
    { storage: () => ({ remove() {} }) },
  ],
  [
    "files cannot be read while another is written",
    "a Wal appends, reads and truncates at the same time",
    {
      file: (file, name, memory) => ({
        async write(bytes, offset) {
          writing.add(memory);
          await anotherTurn();
          writing.delete(memory);
          return file.write(bytes, offset);
        },
        async read(into, offset) {
          await anotherTurn();
          if (!writing.has(memory)) return file.read(into, offset);
          throw new StorageError("EBUSY", name, "EBUSY");
        },
      }),
    },
  ],
  [
    "lock() is not exclusive",
    "a Wal has exclusive use of the storage until it is closed",
    { storage: (memory) => ({ lock: () => memory.lock({ takeOver: true }) }) },
  ],
  [
    "takeOver does not fence",
    "a displaced Wal acknowledges nothing further",
    { lock: () => ({ held: () => true }) },
  ],
];

const writing = new WeakSet<object>();

import type { MemoryStorage } from "../../../storage/memory/memory_storage.ts";
import type { Storage } from "../../../storage/storage.ts";
import { StorageError } from "../../../storage/storage_error.ts";
import { anotherTurn } from "../../kit/another_turn.ts";
import { type Change, delegate } from "../../kit/changed_storage.ts";

const onStorage = (storage: (memory: MemoryStorage) => Partial<Storage>) => ({
  storage,
});

/** `[how its directory is broken, the clause that finds it, the change]` */
export const brokenNames: [string, string, Change][] = [
  [
    "it has no location",
    "location and warning() are text",
    onStorage(() => ({ location: "" })),
  ],
  [
    "its warning is a flag",
    "location and warning() are text",
    onStorage(() => ({ warning: () => true as unknown as string })),
  ],
  [
    "exists() finds everything",
    "exists() finds the files that there are, if it is implemented",
    onStorage(() => ({ exists: () => true })),
  ],
  [
    "exists() remembers what was removed",
    "exists() finds the files that there are, if it is implemented",
    onStorage((memory) => {
      const seen = new Set<string>();
      return {
        exists(name) {
          for (const one of memory.list()) seen.add(one);
          return seen.has(name);
        },
      };
    }),
  ],
  [
    "it has more room than it can hold",
    "space() tells how many bytes are free of how many, or nothing",
    onStorage(() => ({ space: () => ({ freeBytes: 2, totalBytes: 1 }) })),
  ],
  [
    "prepare() clears the place",
    "prepare() may be called again, and changes nothing then",
    onStorage((memory) => ({
      prepare: () => memory.list().forEach((name) => memory.remove(name)),
    })),
  ],
  [
    "prepare() fails where the place is",
    "prepare() may be called again, and changes nothing then",
    onStorage(() => {
      let prepared = false;
      return {
        prepare() {
          if (prepared) throw new Error("EEXIST");
          prepared = true;
        },
      };
    }),
  ],
  [
    "list() misses what is unfinished",
    "list() names every file once, whoever created it",
    onStorage((memory) => ({
      list: () => memory.list().filter((name) => !name.endsWith(".tmp")),
    })),
  ],
  [
    "list() names files twice",
    "list() names every file once, whoever created it",
    onStorage((memory) => ({
      list: () => [...memory.list(), ...memory.list()],
    })),
  ],
  [
    "list() gives paths",
    "list() names every file once, whoever created it",
    onStorage((memory) => ({
      list: () => memory.list().map((name) => `log/${name}`),
    })),
  ],
  [
    "list() knows only what this object made",
    "list() names every file once, whoever created it",
    onStorage((memory) => {
      const own = new Set<string>();
      return {
        open(name, mode) {
          if (mode === "create") own.add(name);
          return memory.open(name, mode);
        },
        list: () => memory.list().filter((name) => own.has(name)),
      };
    }),
  ],
  [
    "list() is kept from the last time",
    "list() forgets a file that was renamed or removed",
    onStorage((memory) => {
      const ever = new Set<string>();
      return {
        open(name, mode) {
          ever.add(name);
          return memory.open(name, mode);
        },
        list: () => [...ever, ...memory.list().filter((n) => !ever.has(n))],
      };
    }),
  ],
  [
    "a file that is made cannot be read",
    "open() creates an empty file that can be written and read",
    onStorage((memory) => ({
      open(name, mode) {
        const file = memory.open(name, mode);
        if (mode === "read") return file;
        return {
          ...delegate(file),
          read() {
            throw new StorageError("EBADF", name, "EBADF");
          },
        };
      },
    })),
  ],
  [
    "open() makes a file again that exists",
    "open() refuses to create a file that exists, and keeps it",
    onStorage((memory) => ({
      open(name, mode) {
        if (mode === "create" && memory.get(name)) memory.remove(name);
        return memory.open(name, mode);
      },
    })),
  ],
  [
    "open() empties a file before it refuses",
    "open() refuses to create a file that exists, and keeps it",
    onStorage((memory) => ({
      open(name, mode) {
        if (mode === "create" && memory.get(name)) {
          memory.put(name, new Uint8Array());
        }
        return memory.open(name, mode);
      },
    })),
  ],
  [
    "open() says EEXIST with a plain error",
    "open() refuses to create a file that exists, and keeps it",
    onStorage((memory) => ({
      open(name, mode) {
        if (mode === "read" || !memory.get(name)) {
          return memory.open(name, mode);
        }
        throw Object.assign(new Error("EEXIST"), {
          code: "EEXIST",
          path: name,
        });
      },
    })),
  ],
  [
    "open() looks first and makes later",
    "open() lets only one of several calls at once create a file",
    onStorage((memory) => ({
      async open(name, mode) {
        if (mode === "read" || memory.get(name)) return memory.open(name, mode);
        await anotherTurn();
        if (memory.get(name)) memory.remove(name);
        return memory.open(name, mode);
      },
    })),
  ],
  [
    "open() makes what is missing",
    "open() refuses to read a missing file",
    onStorage((memory) => ({
      open: (name, mode) =>
        memory.open(name, memory.get(name) ? mode : "create"),
    })),
  ],
  [
    "open() says nothing about the path",
    "open() refuses to read a missing file",
    onStorage((memory) => ({
      open(name, mode) {
        if (mode === "create" || memory.get(name)) {
          return memory.open(name, mode);
        }
        throw new StorageError("not found", "", "ENOENT");
      },
    })),
  ],
  [
    "rename() copies",
    "rename() gives a file another name",
    onStorage((memory) => ({
      rename: (from, to) => memory.put(to, memory.get(from)!),
    })),
  ],
  [
    "rename() refuses a target that exists",
    "rename() replaces a whole file",
    onStorage((memory) => ({
      rename(from, to) {
        if (memory.get(to)) throw new StorageError("EEXIST", to, "EEXIST");
        memory.rename(from, to);
      },
    })),
  ],
  [
    "rename() writes over the target",
    "rename() replaces a whole file",
    onStorage((memory) => ({
      rename(from, to) {
        const bytes = memory.get(to);
        if (bytes === undefined) return memory.rename(from, to);
        const over = memory.get(from)!;
        memory.put(to, Uint8Array.from([...over, ...bytes.slice(over.length)]));
        memory.remove(from);
      },
    })),
  ],
  [
    "rename() to the same name removes the file",
    "rename() of a file to its own name keeps it",
    onStorage((memory) => ({
      rename(from, to) {
        if (from === to) memory.remove(from);
        else memory.rename(from, to);
      },
    })),
  ],
  [
    "rename() removes the target first",
    "rename() never shows a reader a missing or partial target",
    onStorage((memory) => ({
      async rename(from, to) {
        if (memory.get(to)) memory.remove(to);
        await anotherTurn();
        memory.rename(from, to);
      },
    })),
  ],
  [
    "rename() fills the target by and by",
    "rename() never shows a reader a missing or partial target",
    onStorage((memory) => ({
      async rename(from, to) {
        const bytes = memory.get(from)!;
        memory.put(to, bytes.slice(0, bytes.length / 2));
        await anotherTurn();
        memory.put(to, bytes);
        memory.remove(from);
      },
    })),
  ],
  [
    "a handle writes to whatever has the name",
    "rename() leaves open handles on their file",
    {
      file: (_file, name, memory) => ({
        write(bytes, offset) {
          const mode = memory.get(name) ? "read" : "create";
          return memory.open(name, mode).write(bytes, offset);
        },
      }),
    },
  ],
  [
    "rename() closes the file",
    "rename() leaves open handles on their file",
    {
      file: (file, name, memory) => ({
        write(bytes, offset) {
          if (memory.get(name)) return file.write(bytes, offset);
          throw new StorageError("ENOENT", name, "ENOENT");
        },
      }),
    },
  ],
  [
    "rename() does nothing where there is nothing",
    "rename() refuses a missing file, and keeps the target",
    onStorage((memory) => ({
      rename(from, to) {
        if (memory.get(from)) memory.rename(from, to);
      },
    })),
  ],
  [
    "rename() removes the target before it refuses",
    "rename() refuses a missing file, and keeps the target",
    onStorage((memory) => ({
      rename(from, to) {
        if (memory.get(to)) memory.remove(to);
        memory.rename(from, to);
      },
    })),
  ],
  [
    "remove() hides a file from list() only",
    "remove() deletes a file, and frees its name",
    onStorage((memory) => {
      const hidden = new Set<string>();
      return {
        remove: (name) => void hidden.add(name),
        list: () => memory.list().filter((name) => !hidden.has(name)),
      };
    }),
  ],
  [
    "remove() keeps the bytes for the next of that name",
    "remove() deletes a file, and frees its name",
    onStorage((memory) => {
      const kept = new Map<string, Uint8Array>();
      return {
        remove(name) {
          kept.set(name, memory.get(name)!);
          memory.remove(name);
        },
        open(name, mode) {
          const file = memory.open(name, mode);
          if (mode === "create") file.write(kept.get(name) ?? NOTHING, 0);
          return file;
        },
      };
    }),
  ],
  [
    "remove() does nothing where there is nothing",
    "remove() refuses a missing file",
    onStorage((memory) => ({
      remove(name) {
        if (memory.get(name)) memory.remove(name);
      },
    })),
  ],
  [
    "syncDirectory() drops what was made since the last time",
    "syncDirectory() changes nothing visible",
    onStorage((memory) => {
      const synced = new Set<string>();
      return {
        syncDirectory() {
          for (const name of memory.list()) {
            if (!synced.has(name)) memory.remove(name);
            synced.add(name);
          }
        },
      };
    }),
  ],
  [
    "syncDirectory() works once",
    "syncDirectory() changes nothing visible",
    onStorage(() => {
      let synced = 0;
      return {
        syncDirectory() {
          if (synced++ > 0) throw new StorageError("EBADF", "", "EBADF");
        },
      };
    }),
  ],
];

const NOTHING = new Uint8Array();

import type { MemoryStorage } from "../../../storage/memory/memory_storage.ts";
import type { Storage } from "../../../storage/storage.ts";
import { StorageError } from "../../../storage/storage_error.ts";
import { anotherTurn } from "../../kit/another_turn.ts";
import type { Change } from "../../kit/changed_storage.ts";

const onStorage = (storage: (memory: MemoryStorage) => Partial<Storage>) => ({
  storage,
});

const linking = (
  link: (memory: MemoryStorage, from: string, to: string) => unknown,
) =>
  onStorage((memory) => ({
    link: (from, to) => link(memory, from, to) as Promise<void>,
  }));

/** `[how its links are broken, the clause that finds it, the change]` */
export const brokenLinks: [string, string, Change][] = [
  [
    "link() renames",
    "link() gives a file a second name, and keeps the first",
    linking((memory, from, to) => memory.rename(from, to)),
  ],
  [
    "link() does nothing",
    "link() gives a file a second name, and keeps the first",
    linking(() => {}),
  ],
  [
    "link() makes an empty file",
    "link() gives a file a second name, and keeps the first",
    linking((memory, _from, to) => memory.put(to, new Uint8Array())),
  ],
  [
    "a second name is known only where it was given",
    "link() gives a file a second name, and keeps the first",
    onStorage((memory) => {
      const own = new Set<string>();
      return {
        link(from, to) {
          own.add(to);
          memory.link(from, to);
        },
        list: () =>
          memory.list().filter((name) =>
            name.endsWith(".tmp") || own.has(name)
          ),
      };
    }),
  ],
  [
    "link() copies",
    "link() gives one file two names: each sees the other's writes",
    linking(copy),
  ],
  [
    "link() copies what was synced, and not what is written later",
    "link() keeps a file that was open under its first name",
    linking(copy),
  ],
  [
    "link() closes the file",
    "link() keeps a file that was open under its first name",
    {
      file: (file, name, memory) => ({
        write(bytes, offset) {
          if (memory.list().length < 2) return file.write(bytes, offset);
          throw new StorageError("EBADF", name, "EBADF");
        },
      }),
    },
  ],
  [
    "link() replaces",
    "link() refuses a name that is taken, and leaves both files",
    linking((memory, from, to) => {
      if (memory.get(to)) memory.remove(to);
      memory.link(from, to);
    }),
  ],
  [
    "link() removes the target before it refuses",
    "link() refuses a name that is taken, and leaves both files",
    linking((memory, from, to) => {
      try {
        memory.link(from, to);
      } catch (error) {
        memory.remove(to);
        throw error;
      }
    }),
  ],
  [
    "link() refuses with a plain error",
    "link() refuses a name that is taken, and leaves both files",
    linking((memory, from, to) => {
      if (!memory.get(to)) return memory.link(from, to);
      throw Object.assign(new Error("EEXIST"), { code: "EEXIST", path: to });
    }),
  ],
  [
    "link() does nothing where both names are one file's",
    "link() refuses the names that the file already has",
    linking((memory, from, to) => {
      const [a, b] = [memory.get(from), memory.get(to)];
      if (a?.join() !== b?.join()) memory.link(from, to);
    }),
  ],
  [
    "link() looks first and links later",
    "link() lets only one of several calls at once take a name",
    linking(async (memory, from, to) => {
      if (memory.get(to)) return memory.link(from, to);
      await anotherTurn();
      if (memory.get(to)) memory.remove(to);
      memory.link(from, to);
    }),
  ],
  [
    "link() lets one win, and another replace it",
    "link() lets only one of several calls at once take a name",
    linking(async (memory, from, to) => {
      const isTaken = memory.get(to) !== undefined;
      if (!isTaken) memory.link(from, to);
      await anotherTurn();
      if (!isTaken) return;
      memory.rename(from, to);
      throw new StorageError("EEXIST", to, "EEXIST");
    }),
  ],
  [
    "link() makes a file that is missing",
    "link() refuses a missing file, and creates nothing",
    linking((memory, from, to) => {
      if (!memory.get(from)) memory.put(from, new Uint8Array());
      memory.link(from, to);
    }),
  ],
  [
    "link() names the other file",
    "link() refuses a missing file, and creates nothing",
    linking((memory, from, to) => {
      if (memory.get(from)) return memory.link(from, to);
      throw new StorageError("not found", to, "ENOENT");
    }),
  ],
  [
    "remove() removes all names of a file",
    "remove() of one name keeps the file under the other",
    onStorage((memory) => {
      const names = new Map<string, string>();
      return {
        link(from, to) {
          memory.link(from, to);
          names.set(from, to).set(to, from);
        },
        remove(name) {
          const other = names.get(name);
          if (other && memory.get(other)) memory.remove(other);
          memory.remove(name);
        },
      };
    }),
  ],
  [
    "remove() empties the file",
    "remove() of one name keeps the file under the other",
    onStorage((memory) => ({
      remove(name) {
        memory.open(name, "write").truncate(0);
        memory.remove(name);
      },
    })),
  ],
  [
    "links() is always 1",
    "links(), if implemented, counts the names of a file",
    { file: () => ({ links: () => 1 }) },
  ],
  [
    "links() counts all files",
    "links(), if implemented, counts the names of a file",
    { file: (_file, _name, memory) => ({ links: () => memory.list().length }) },
  ],
  [
    "links() is that on opening",
    "links(), if implemented, counts the names of a file",
    {
      file(file) {
        const atFirst = file.links();
        return { links: () => atFirst };
      },
    },
  ],
  [
    "links() never falls",
    "links(), if implemented, counts the names of a file",
    {
      file(file) {
        let most = 0;
        return { links: () => most = Math.max(most, file.links()) };
      },
    },
  ],
];

/** Puts an independent copy in place. */
function copy(memory: MemoryStorage, from: string, to: string): void {
  if (memory.get(to)) throw new StorageError("EEXIST", to, "EEXIST");
  memory.put(to, memory.get(from)!);
}

import {
  MemoryStorage,
  type MemoryStorageOptions,
} from "@syncline/wal/storage";
import {
  Journal,
  type JournalOptions,
} from "../../../../docs/examples/session-journal/journal.ts";
import { filesOn, JsonlWriter } from "./jsonl_writer.ts";

/** What a journal of either kind can do. */
export interface Subject {
  append(event: unknown): Promise<unknown>;
  read(): Promise<unknown[]>;
  trim(keep: number): Promise<void>;
  close(): Promise<void>;
}

/** A kind of journal. */
export interface Kind {
  open(storage: MemoryStorage, log?: JournalOptions["log"]): Subject;
  /** The file on the storage that holds the events. */
  fileOn(storage: MemoryStorage): string;
}

const FILE = "events.jsonl";

/** Lines of JSON, without any sync. */
export const jsonl: Kind = linesOf({});

/** Lines of JSON, with a sync of the file in each append. */
export const syncedJsonl: Kind = linesOf({ fsync: true });

/** Lines of JSON, read without those that are not JSON. */
export const lenientJsonl: Kind = linesOf({ isLenient: true });

/** Both. */
export const syncedLenientJsonl: Kind = linesOf({
  fsync: true,
  isLenient: true,
});

function linesOf(
  { fsync = false, isLenient = false }: {
    fsync?: boolean;
    isLenient?: boolean;
  },
): Kind {
  return {
    open(storage) {
      const writer = new JsonlWriter(FILE, filesOn(storage, { fsync }));
      return {
        append: (event) => writer.append(event),
        read: () => isLenient ? writer.readLeniently() : writer.read(),
        trim: (keep) => writer.trim(keep),
        close: () => Promise.resolve(),
      };
    },
    fileOn: () => FILE,
  };
}

/** The example. */
export const journal: Kind = {
  open: (storage, log) =>
    subjectOf(
      new Journal(storage, { idleMs: Infinity, log: { warn() {}, ...log } }),
    ),
  fileOn: (storage) =>
    storage.list().filter((name) => name.endsWith(".wal")).sort().at(-1)!,
};

/** All that an iterable yields; Node 20 has no `Array.fromAsync`. */
export async function collect<Value>(
  values: AsyncIterable<Value>,
): Promise<Value[]> {
  const found: Value[] = [];
  for await (const value of values) found.push(value);
  return found;
}

/** A journal whose events are read at once. */
export function subjectOf(journal: Journal): Subject {
  return {
    append: (event) => journal.append(event),
    async read() {
      return (await collect(journal.read())).map(({ event }) => event);
    },
    trim: (keep) => journal.trim(keep),
    close: () => journal.close(),
  };
}

/** What a process has left that died while it wrote the last of `events`. */
export interface Remains {
  readonly storage: MemoryStorage;
  /** The file of the events. */
  readonly file: string;
  readonly bytes: Uint8Array;
  /** Where the last event begins, or what goes before it. */
  readonly start: number;
}

/** Writes `events`, all but the last acknowledged, and dies. */
export async function dieWriting(
  kind: Kind,
  events: readonly unknown[],
  options?: MemoryStorageOptions,
): Promise<Remains> {
  const storage = new MemoryStorage({ seed: 1, ...options });
  const subject = kind.open(storage);
  for (const event of events.slice(0, -1)) await subject.append(event);
  const file = kind.fileOn(storage);
  const before = storage.get(file)!;
  await subject.append(events.at(-1));
  const bytes = storage.get(file)!;
  // Zeros ahead of need are overwritten.
  let start = 0;
  while (start < before.length && bytes[start] === before[start]) start++;
  return { storage: storage.kill(), file, bytes, start };
}

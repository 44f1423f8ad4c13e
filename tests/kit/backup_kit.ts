import {
  BackupError,
  backupLog,
  type BackupProblem,
} from "../../backup/mod.ts";
import { Wal } from "../../wal.ts";
import type { WalOptions } from "../../wal_options.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import type { Storage, StorageFile } from "../../storage/storage.ts";
import { assert, assertEquals, assertRejects } from "./assert.ts";

/** Small segments, and no room kept. */
export const SMALL: WalOptions = {
  segmentBytes: 4096,
  reserveBytes: 0,
  warn() {},
};

/** What a log holds. */
export interface LogState {
  readonly firstLsn: number;
  /** The records from `firstLsn` on; `-` for one that is lost. */
  readonly texts: readonly string[];
  /** What its newest snapshot holds; `undefined` without one. */
  readonly snapshot: string | undefined;
  readonly meta: string | undefined;
}

/** Opens a copy of a log, and reads all of it. */
export async function stateOf(storage: MemoryStorage): Promise<LogState> {
  const wal = await Wal.open(storage.kill(), SMALL);
  try {
    const texts: string[] = [];
    for await (const { records, lost = 0 } of wal.readBatches()) {
      for (const one of records) texts.push(new TextDecoder().decode(one));
      texts.push(...Array(lost).fill("-"));
    }
    let snapshot: string | undefined;
    if (storage.list().some((name) => name.endsWith(".snapshot"))) {
      await wal.restore(async (found) => void (snapshot = await found.text()))
        .catch((error) => snapshot = error.name);
    }
    const { firstLsn } = wal;
    const meta = wal.meta && new TextDecoder().decode(wal.meta);
    return { firstLsn, texts, snapshot, meta };
  } finally {
    await wal.close();
  }
}

/**
 * Asserts that a backup has the files of another one. After a cut, a segment of
 * it may go on: what follows does not count.
 */
export function assertSameFiles(
  found: MemoryStorage,
  whole: MemoryStorage,
): void {
  const namesOf = (storage: MemoryStorage) =>
    storage.list().filter((name) => !/lock|manifest/.test(name)).sort();
  assertEquals(namesOf(found), namesOf(whole));
  for (const name of namesOf(whole)) {
    const [one, other] = [found.get(name)!, whole.get(name)!];
    const common = name.endsWith(".wal") ? one.slice(0, other.length) : one;
    assert(String(common) === String(other), `${name} differs`);
  }
}

/** Asserts that one state is the beginning of another one. */
export function assertPrefix(found: LogState, whole: LogState): void {
  const { firstLsn, texts } = found;
  assert(firstLsn <= whole.firstLsn + whole.texts.length, `${firstLsn}`);
  const from = Math.max(0, firstLsn - whole.firstLsn);
  assertEquals(texts, whole.texts.slice(from, from + texts.length));
}

/**
 * `storage`, which calls `act` before each call on it or its files, with the
 * number of the call.
 */
export function watched(
  storage: MemoryStorage,
  act: (call: number) => void | Promise<void>,
): Storage {
  let calls = 0;
  const wrap = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(_, key) {
        const value = Reflect.get(target, key);
        if (typeof value !== "function") return value;
        // That one takes no turn.
        if (key === "salt") return value.bind(target);
        return async (...args: unknown[]) => {
          await act(calls++);
          const answer = await value.apply(target, args);
          return key === "open" ? wrap(answer as StorageFile) : answer;
        };
      },
    });
  return wrap(storage) as Storage;
}

/** A log with records of 1000 bytes in several segments, closed. */
export async function makeLog(records = 12): Promise<MemoryStorage> {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage, SMALL);
  for (let lsn = 1; lsn <= records; lsn++) {
    await wal.append(`${lsn} `.padEnd(1000, "."));
  }
  await wal.close();
  return storage;
}

/** Opens a log, appends records of these texts, and closes it. */
export async function appendTo(
  storage: Storage,
  ...texts: string[]
): Promise<void> {
  const wal = await Wal.open(storage, SMALL);
  for (const text of texts) await wal.append(text);
  await wal.close();
}

/** Asserts that a backup is refused, and that the target stays as it was. */
export async function assertRefused(
  problem: BackupProblem,
  source: Storage,
  target: MemoryStorage,
): Promise<void> {
  const before = filesOf(target);
  const error = await assertRejects(
    () => backupLog(source, target),
    BackupError,
  );
  assertEquals(error.problem, problem);
  assertEquals(filesOf(target), before);
}

function filesOf(storage: MemoryStorage): string[] {
  return storage.list().filter((name) => !name.endsWith(".lock")).sort()
    .map((name) => `${name} ${storage.get(name)}`);
}

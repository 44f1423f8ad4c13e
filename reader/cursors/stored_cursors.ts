import { CorruptLogError } from "../../storage/corrupt_log_error.ts";
import type { CursorStore } from "../../storage/cursor_store.ts";
import {
  type CursorCommit,
  decodeCursor,
  encodeCommit,
} from "../../storage/format/companions/mod.ts";
import { FormatVersionError } from "../../storage/format/mod.ts";
import type { LogIdentity } from "../../storage/segments/mod.ts";
import type { CursorOrigin } from "../log_source.ts";
import { CursorMovedError, ForeignCursorError } from "./cursor_file.ts";
import type {
  CursorKeeper,
  CursorPlace,
  CursorReading,
  Position,
  SizedPart,
} from "./cursor_place.ts";

/** The id of a log that has none. */
const NO_ID = "0".repeat(32);

/** Parts whose sizes are estimated, at most. */
const MOST_PARTS = 1024;

/** The cursors of a log that is not in files: numbered commits in a store. */
export class StoredCursors implements CursorPlace {
  readonly #log: CursorOrigin;
  readonly #store: CursorStore;

  /** Those of `log`, in `store`. */
  constructor(log: CursorOrigin, store: CursorStore) {
    this.#log = log;
    this.#store = store;
  }

  /** Where the log is. */
  get location(): string {
    return this.#log.location ?? "a log";
  }

  /** Such a log is never cut back. */
  // deno-lint-ignore require-await
  async identify(): Promise<LogIdentity> {
    const { id = NO_ID, epoch = 0 } = this.#log;
    return { log: id, epoch, lowestSince: () => Infinity };
  }

  /** One cursor. */
  keeper(name: string, log: string): StoredCursor {
    return new StoredCursor(this.#store, {
      name,
      log,
      path: this.pathOf(name),
    });
  }

  /** What its newest commit says. */
  async read(name: string): Promise<CursorReading | undefined> {
    const newest = await readNewest(this.#store, name, this.pathOf(name));
    if (newest === undefined) return undefined;
    return { log: newest.log, lsn: newest.lsn, places: [newest.lsn] };
  }

  /** Those that the store has. */
  list(): Promise<string[]> {
    return this.#store.list();
  }

  /** The log, and the cursor's name. */
  pathOf(name: string): string {
    return `${this.location}, cursor ${name}`;
  }

  /** Estimated: as if all records had the same size. */
  // deno-lint-ignore require-await
  async sizes(): Promise<SizedPart[]> {
    const { firstLsn, lastLsn, storedBytes } = this.#log;
    const records = lastLsn + 1 - firstLsn;
    if (storedBytes === undefined || records === 0) return [];
    const count = Math.min(records, MOST_PARTS);
    const bytes = storedBytes / count;
    return Array.from({ length: count }, (_, at) => ({
      firstLsn: firstLsn + Math.floor(at * records / count),
      bytes,
    }));
  }
}

/** Which cursor it is. */
interface CursorName {
  readonly name: string;
  /** Id of the log. */
  readonly log: string;
  /** For messages. */
  readonly path: string;
}

/** A cursor in a store, as one consumer uses it. */
export class StoredCursor implements CursorKeeper {
  readonly #store: CursorStore;
  readonly #cursor: CursorName;
  readonly #consumer = crypto.getRandomValues(new Uint32Array(1))[0];
  /** Number of the last commit that it has seen, or made. */
  #sequence = 0;

  /** Touches nothing. */
  constructor(store: CursorStore, cursor: CursorName) {
    this.#store = store;
    this.#cursor = cursor;
  }

  /** Reads the position, or creates the cursor. */
  async open(
    choose: () => Position,
  ): Promise<Position & { readonly isDurable: true }> {
    while (true) {
      const newest = await this.#read();
      if (newest !== undefined) {
        this.#sequence = newest.sequence;
        return { lsn: newest.lsn, epoch: newest.epoch, isDurable: true };
      }
      const position = choose();
      // Another consumer may create it first.
      if (!await this.#make(1, position)) continue;
      this.#sequence = 1;
      return { ...position, isDurable: true };
    }
  }

  /** Commits a position. */
  async commit(position: Position): Promise<void> {
    for (let sequence = this.#sequence + 1;; sequence++) {
      if (await this.#make(sequence, position)) {
        this.#sequence = sequence;
        return;
      }
      const newest = await this.#read();
      const isMine = newest?.consumer === this.#consumer &&
        newest.sequence === sequence;
      // Otherwise it is a try of its own that seemed to have failed.
      if (isMine) continue;
      throw new CursorMovedError(this.#cursor.name, newest?.lsn ?? 0);
    }
  }

  #make(sequence: number, { lsn, epoch }: Position): Promise<boolean> {
    const { name, log } = this.#cursor;
    const consumer = this.#consumer;
    const confirmed = sequence;
    const commit = { log, sequence, lsn, epoch, confirmed, consumer };
    const content = encodeCommit(commit);
    return this.#store.commit(name, { sequence, content });
  }

  async #read(): Promise<CursorCommit | undefined> {
    const { name, log, path } = this.#cursor;
    const newest = await readNewest(this.#store, name, path);
    if (newest === undefined || newest.log === log) return newest;
    throw new ForeignCursorError(path);
  }
}

/** The newest commit, checked. */
async function readNewest(
  store: CursorStore,
  name: string,
  path: string,
): Promise<CursorCommit | undefined> {
  const entry = await store.read(name);
  if (entry === undefined) return undefined;
  const found = decodeCursor(entry.content);
  if ("fault" in found) {
    const { fault, expected, found: actual } = found;
    if (fault === "version") {
      throw new FormatVersionError(path, actual, expected);
    }
    const reason = `cursor ${fault}: expected ${expected}, found ${actual}`;
    throw new CorruptLogError(path, 0, reason);
  }
  const { newest } = found;
  if (newest.sequence === entry.sequence) return newest;
  const reason = `cursor sequence: expected ${entry.sequence}, found ` +
    newest.sequence;
  throw new CorruptLogError(path, 0, reason);
}

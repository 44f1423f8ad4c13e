import { Wal, type WalOptions, type WalTarget } from "@syncline/wal";
import { json } from "@syncline/wal/codec";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { clearTimeout, setTimeout } from "node:timers";

/** An event, and its place in the journal. */
export interface JournalEntry<Event> {
  /** 1, 2, 3, … in the order of the calls; a number that is missing is lost. */
  readonly lsn: number;
  readonly event: Event;
}

/** Options of {@linkcode openJournal}. */
export interface JournalOptions {
  /**
   * Time in ms without a call after which the log is closed, until the next call
   * opens it again; `Infinity`, or more than 24 days, keeps it open. Default
   * 30,000.
   */
  readonly idleMs?: number;
  /**
   * Whether to keep what is intact of a damaged journal; `log.warn` says what is
   * lost. Default false: damage is an error.
   */
  readonly repair?: boolean;
  /** Options of the log, such as `synchronous`, `policy` or `warn`. */
  readonly log?: Omit<WalOptions, "codec" | "recovery">;
}

/** What a directory of journals has of one session. */
export interface JournalInfo {
  readonly id: string;
  /** When its files were last changed. */
  readonly modifiedAt: Date;
  /** Size of its files in bytes. */
  readonly bytes: number;
}

/** An id is the name of a directory, and leads nowhere else. */
const ID = /^[\w-][\w.-]{0,99}$/;

/** Timers that are longer end at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Line ends in JavaScript and Python, which JSON may have within a string. */
const LINE_ENDS = /[\u0085\u2028\u2029]/g;

/**
 * Opens the journal of one session, or creates it: the directory `id` below
 * `directory`. When it resolves, this process holds the lock, and everything in
 * the journal is on disk.
 *
 * Rejects with `RangeError` for a bad id, and as `Wal.open` does:
 * `LogLockedError` if another process has it open, and `CorruptLogError` if
 * events that were acknowledged may be damaged.
 */
export async function openJournal<Event = unknown>(
  directory: string,
  id: string,
  options: JournalOptions = {},
): Promise<Journal<Event>> {
  if (!ID.test(id)) {
    const rule = "1 to 100 letters, digits, _, - and . without . in front";
    throw new RangeError(
      `Cannot open a journal because its id must have ${rule}: received "${id}"`,
    );
  }
  const journal = new Journal<Event>(join(directory, id), options);
  await journal.use(() => {});
  return journal;
}

/**
 * The sessions below `directory`, the one that was changed last first. Rejects
 * if there is no such directory.
 */
export async function listJournals(directory: string): Promise<JournalInfo[]> {
  const found: JournalInfo[] = [];
  for (const id of await readdir(directory)) {
    const path = join(directory, id);
    const names = await readdir(path).catch(() => []);
    if (!ID.test(id) || !names.some((name) => name.endsWith(".wal"))) continue;
    const files = await Promise.all(
      // A file may be removed meanwhile, by the process that has it open.
      names.map((name) => stat(join(path, name)).catch(() => undefined)),
    );
    const times = files.map((file) => file?.mtimeMs ?? 0);
    const bytes = files.reduce((sum, file) => sum + (file?.size ?? 0), 0);
    found.push({ id, modifiedAt: new Date(Math.max(...times)), bytes });
  }
  return found.sort((a, b) => +b.modifiedAt - +a.modifiedAt);
}

/**
 * The journal of one session: events, in order. Any number of calls may run at
 * the same time.
 *
 * After a failed write or sync, the calls in progress reject with
 * `LogFailedError`, and the next call opens the log again. Whether an event of
 * a failed call is in the journal is unknown until then: give events an id if
 * you append one again.
 */
export class Journal<Event = unknown> {
  readonly #target: WalTarget;
  readonly #options: JournalOptions;
  #recovery: "tail" | "salvage";
  #log: Promise<Wal<Event, Event>> | undefined;
  /** The end of the log that was open before. */
  #closing: Promise<void> = Promise.resolve();
  #calls = 0;
  #idle: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  /** A journal in a directory or, for tests, on any storage. */
  constructor(target: WalTarget, options: JournalOptions = {}) {
    this.#target = target;
    this.#options = options;
    this.#recovery = options.repair ? "salvage" : "tail";
  }

  /** Appends an event; it is on disk when this resolves. Returns its LSN. */
  append(event: Event): Promise<number> {
    return this.use((log) => log.append(event));
  }

  /** Appends all of the events or, if there is a crash, none of them. */
  async appendAll(events: readonly Event[]): Promise<void> {
    await this.use((log) => log.appendBatch(events));
  }

  /** The last `count` events, oldest first, however long the journal is. */
  async last(count: number): Promise<JournalEntry<Event>[]> {
    const records = await this.use((log) => log.last(count));
    return records.map(({ lsn, data }) => ({ lsn, event: data }));
  }

  /** All events from `from` on. Leave the loop, or the log stays open. */
  async *read(from?: number): AsyncGenerator<JournalEntry<Event>, void> {
    const opening = this.#enter();
    try {
      for await (const { lsn, data } of (await opening).read({ from })) {
        yield { lsn, event: data };
      }
    } finally {
      await this.#leave(opening);
    }
  }

  /** The journal as JSONL: one line per event, for any reader of lines. */
  async *jsonl(): AsyncGenerator<string, void> {
    for await (const { event } of this.read()) {
      yield JSON.stringify(event).replace(LINE_ENDS, escape) + "\n";
    }
  }

  /** Drops all events but the last `keep`, for good when it resolves. */
  async trim(keep: number): Promise<void> {
    if (!(keep >= 0)) throw new RangeError(`Cannot keep ${keep} events`);
    await this.use(async (log) => {
      let first = await log.flush() + 1;
      let kept = 0;
      // Counted one by one, because numbers may be missing after a repair.
      for await (const { lsn } of log.read({ reverse: true })) {
        if (kept++ >= keep) break;
        first = lsn;
      }
      await log.truncateBefore(first);
    });
  }

  /** Calls `call` with the open log, for all else that a log can do. */
  async use<Result>(
    call: (log: Wal<Event, Event>) => Result | Promise<Result>,
  ): Promise<Result> {
    const opening = this.#enter();
    try {
      return await call(await opening);
    } finally {
      await this.#leave(opening);
    }
  }

  /**
   * Closes the journal; later calls are refused. Rejects if what was
   * acknowledged at a level below `"disk"` cannot be synced.
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#rest();
    await this.#closing;
  }

  /** Opens the log, unless it is open, and keeps it open. */
  #enter(): Promise<Wal<Event, Event>> {
    if (this.#isClosed) {
      throw new Error("Cannot use a journal because it was closed");
    }
    clearTimeout(this.#idle);
    this.#calls++;
    this.#log ??= this.#open();
    return this.#log;
  }

  async #open(): Promise<Wal<Event, Event>> {
    const closing = this.#closing;
    this.#closing = Promise.resolve();
    await closing;
    const { log } = this.#options;
    const settings = { ...log, recovery: this.#recovery, codec: json<Event>() };
    const opened = await Wal.open(this.#target, settings);
    this.#recovery = "tail";
    return opened;
  }

  /** Ends a call; a log that failed, or is not used any more, is closed. */
  async #leave(opening: Promise<Wal<Event, Event>>): Promise<void> {
    this.#calls--;
    const log = await opening.catch(() => undefined);
    if (opening === this.#log) {
      if (log === undefined) this.#log = undefined; // The next call tries again.
      else if (log.health.status === "failed") this.#rest();
    }
    if (this.#calls === 0 && this.#log !== undefined) this.#restLater();
  }

  #restLater(): void {
    const { idleMs = 30_000 } = this.#options;
    clearTimeout(this.#idle);
    if (idleMs > MAX_TIMER_MS) return;
    this.#idle = setTimeout(() => this.#rest(), idleMs);
    this.#idle.unref();
  }

  /** Closes the log until the next call. */
  #rest(): void {
    clearTimeout(this.#idle);
    const log = this.#log;
    if (log === undefined) return;
    this.#log = undefined;
    // What an opening rejects with has been reported by the call that needs it.
    this.#closing = log.then((opened) => opened.close(), () => {});
    this.#closing.catch(() => {}); // The next call, or `close`, rejects.
  }
}

function escape(character: string): string {
  const code = character.charCodeAt(0).toString(16);
  return `\\u${code.padStart(4, "0")}`;
}

/**
 * Storage for one Raft node on one {@linkcode Wal}: entries, term and vote, and
 * the latest snapshot.
 *
 * @module
 */
import { Wal, type WalOptions, type WalTarget } from "@syncline/wal";
import {
  decode,
  type Entry,
  type EntryId,
  readId,
  recordsOf,
  TERM_BYTES,
  withId,
  withoutId,
} from "./entry.ts";
import { type HardState, requireSuccessor } from "./hard_state.ts";
import { Terms } from "./terms.ts";

export type { Entry, EntryId, HardState };

/** A snapshot of the state machine, piece by piece. */
export type SnapshotData =
  | Iterable<Uint8Array>
  | AsyncIterable<Uint8Array>;

/** Options of the log below that a Raft log may choose. */
export type RaftLogOptions = Pick<
  WalOptions,
  "clock" | "flushing" | "policy" | "segmentBytes" | "takeOver" | "warn"
>;

/**
 * What a Raft node has to keep on disk. When the promise of a call resolves,
 * its effect survives a power loss, so the node may answer.
 *
 * Any number of appends may be in flight, and they share syncs. After a failure
 * of the disk everything rejects; open the log again to continue.
 */
export class RaftLog {
  readonly #wal: Wal;
  /** Index minus LSN, which only a snapshot of another node changes. */
  #offset = 0;
  #lastIndex = 0;
  #hardState: HardState = { term: 0, vote: null };
  /** JSON of the last one that is known to be durable. */
  #saved = JSON.stringify(this.#hardState);
  #snapshot: EntryId = { index: 0, term: 0 };
  readonly #terms = new Terms();
  /** The last append. */
  #appended: Promise<unknown> = Promise.resolve();
  /** The cut in progress that was asked for last. Appends begin after it. */
  #cut: Promise<void> | undefined;
  /** The last compaction or installation. */
  #replaced: Promise<unknown> = Promise.resolve();
  #isInstalling = false;
  #failure: Error | undefined;

  private constructor(wal: Wal) {
    this.#wal = wal;
  }

  /**
   * Opens the log in a directory, or creates it. Reads all entries after the
   * snapshot once. Rejects as `Wal.open` and `Wal.restore` do.
   */
  static async open(
    target: WalTarget,
    options: RaftLogOptions = {},
  ): Promise<RaftLog> {
    // An append that is refused would be a failure.
    const room = Number.MAX_SAFE_INTEGER;
    const queue = { maxWaitingBytes: room, maxWaitingRecords: room };
    const settings = { ...options, ...queue, synchronous: "full" } as const;
    const wal = await Wal.open(target, settings);
    const log = new RaftLog(wal);
    try {
      await log.#recover();
    } catch (error) {
      await wal.close();
      throw error;
    }
    return log;
  }

  /** Index of the first entry that is not covered by the snapshot. */
  get firstIndex(): number {
    return this.#snapshot.index + 1;
  }

  /** Index of the last entry appended, which need not be durable yet. */
  get lastIndex(): number {
    return this.#lastIndex;
  }

  /** The term and vote saved last, which need not be durable yet. */
  get hardState(): HardState {
    return this.#hardState;
  }

  /** The last entry that the snapshot covers; index 0 if there is none. */
  get snapshot(): EntryId {
    return this.#snapshot;
  }

  /** The term of an entry, or of the last one that the snapshot covers. */
  term(index: number): number | undefined {
    if (index === this.#snapshot.index) return this.#snapshot.term;
    const isKept = index >= this.firstIndex && index <= this.#lastIndex;
    return isKept ? this.#terms.at(index) : undefined;
  }

  /**
   * Makes a term and a vote durable. Rejects with `RangeError` for what a
   * correct node never does: a lower term, or a second vote in a term.
   */
  async saveHardState(state: HardState): Promise<void> {
    this.#requireHealth();
    requireSuccessor(state, this.#hardState);
    this.#hardState = { ...state };
    const meta = JSON.stringify(state);
    await this.#begin(() => this.#wal.setMeta(meta));
    this.#saved = meta;
  }

  /**
   * Appends what a leader sends: skips the entries that are there already, cuts
   * the log back where one has another term, and appends the rest. If `state`
   * is given, it becomes durable together with the entries.
   *
   * Resolves when all of `entries` are durable, even those that were there.
   * Rejects with `RangeError` if they leave a gap, if terms decrease, or if one
   * is higher than that of the hard state; nothing is changed then.
   */
  async append(entries: readonly Entry[], state?: HardState): Promise<void> {
    this.#requireHealth();
    if (this.#isInstalling) throw new Error("Cannot append while installing");
    if (state !== undefined) requireSuccessor(state, this.#hardState);
    const fresh = this.#choose(entries, state ?? this.#hardState);
    if (state !== undefined) this.#hardState = { ...state };
    const text = JSON.stringify(this.#hardState);
    // One that is still being saved goes with the entries, which rely on it.
    const meta = text === this.#saved ? undefined : text;
    if (fresh.length === 0) {
      if (meta !== undefined) await this.#begin(() => this.#wal.setMeta(meta));
      if (entries.length > 0) await this.#settle();
    } else await this.#appendFresh(fresh, meta);
    if (meta !== undefined) this.#saved = meta;
  }

  async #appendFresh(fresh: readonly Entry[], meta?: string): Promise<void> {
    if (fresh[0].index <= this.#lastIndex) this.#cutAfter(fresh[0].index - 1);
    for (const { index, term } of fresh) this.#terms.add(index, term);
    this.#lastIndex = fresh.at(-1)!.index;
    const records = recordsOf(fresh);
    await this.#begin(() => {
      const expect = fresh[0].index - this.#offset;
      return this.#appended = this.#wal.appendBatch(records, { expect, meta });
    });
  }

  /**
   * Cuts off all entries after `index`. No crash brings them back once it has
   * resolved. Rejects with `RangeError` if the snapshot covers one of them.
   */
  async truncateAfter(index: number): Promise<void> {
    this.#requireHealth();
    if (index !== this.#lastIndex) {
      const isKept = !this.#isInstalling && this.term(index) !== undefined;
      if (!isKept) throw this.#outside(`cut after entry ${index}`);
      this.#cutAfter(index);
    }
    await this.#begin(() => Promise.resolve());
  }

  /**
   * Entries from one index to another, both included. Waits until they are
   * durable. Rejects with `RangeError` unless all of them are in the log.
   */
  async entries(from: number, to: number): Promise<Entry[]> {
    await this.#settle();
    if (!(from >= this.firstIndex && to <= this.#lastIndex)) {
      throw this.#outside(`read entries ${from} to ${to}`);
    }
    const offset = this.#offset;
    const range = { from: from - offset, to: to - offset };
    const entries: Entry[] = [];
    if (from > to) return entries;
    for await (const { lsn, data } of this.#wal.read(range)) {
      const id = { index: lsn + offset, term: decode(data, 0) };
      entries.push({ ...id, data: data.slice(TERM_BYTES) });
    }
    return entries;
  }

  /**
   * Stores a snapshot of this node's state machine after entry `index`, which
   * must be committed, and drops the entries that it covers. Appends go on
   * meanwhile. A crash leaves the old or the new snapshot.
   */
  compact(index: number, data: SnapshotData): Promise<void> {
    return this.#alone(async () => {
      await this.#settle();
      const term = this.term(index);
      if (term === undefined || index === this.#snapshot.index) {
        throw this.#outside(`compact up to entry ${index}`);
      }
      await this.#store({ index, term }, data, index - this.#offset);
    });
  }

  /**
   * Stores a snapshot that the leader has sent. If the log has the entry that
   * it ends with, the entries after it stay; otherwise all go, and the log
   * continues after the snapshot. Ignores one that is older than its own.
   *
   * A crash leaves the log as it was before, or as it is after. If reading
   * `data` fails, the log stays as it was. Nothing may be appended meanwhile.
   */
  install(id: EntryId, data: SnapshotData): Promise<void> {
    return this.#alone(async () => {
      this.#requireHealth();
      if (id.index <= this.#snapshot.index) return;
      this.#isInstalling = true;
      try {
        await this.#settle();
        const isKept = this.term(id.index) === id.term;
        if (isKept) await this.#store(id, data, id.index - this.#offset);
        else await this.#replaceAll(id, data);
      } finally {
        this.#isInstalling = false;
      }
    });
  }

  /** Passes the snapshot to `read`; resolves with false if there is none. */
  async readSnapshot(
    read: (id: EntryId, data: AsyncIterable<Uint8Array>) => Promise<void>,
  ): Promise<boolean> {
    return await this.#alone(async () => {
      if (this.#snapshot.index === 0) return false;
      // After a failure, the file may be newer than what is in memory.
      await this.#wal.restore(async (file) =>
        await read(await readId(file), withoutId(file))
      );
      return true;
    });
  }

  /**
   * Makes all that was appended durable, and releases the directory. Ends a
   * compaction or an installation whose snapshot is not durable yet.
   */
  async close(): Promise<void> {
    await Promise.allSettled([this.#cut]);
    await this.#wal.close();
  }

  async #recover(): Promise<void> {
    const wal = this.#wal;
    const { meta } = wal;
    if (meta !== undefined) {
      this.#saved = new TextDecoder().decode(meta);
      this.#hardState = JSON.parse(this.#saved);
    }
    const from = await wal.restore(async (file) => {
      this.#snapshot = await readId(file);
      this.#offset = this.#snapshot.index - file.lsn;
    });
    this.#lastIndex = this.#snapshot.index;
    for await (const { lsn, data } of wal.read({ from })) {
      // The mark of an installation whose snapshot is not there.
      if (data.length === 0) return await wal.truncateAfter(lsn - 1);
      this.#lastIndex = lsn + this.#offset;
      this.#terms.add(this.#lastIndex, decode(data, 0));
    }
  }

  /** Which entries to append: the first one that is new, and all after it. */
  #choose(entries: readonly Entry[], { term: most }: HardState): Entry[] {
    const at = entries.findIndex(({ index, term }) =>
      !(index <= this.#snapshot.index) && this.term(index) !== term
    );
    if (at < 0) return [];
    const fresh = entries.slice(at);
    let index = Math.min(fresh[0].index, this.#lastIndex + 1);
    let term = this.term(index - 1)!;
    for (const entry of fresh) {
      const isNext = entry.index === index && entry.term >= term;
      if (!isNext || !(entry.term <= most)) {
        throw new RangeError(
          `Cannot append entry ${entry.index} of term ${entry.term} because ` +
            `the next one must be ${index}, of term ${term} to ${most}`,
        );
      }
      ({ term } = entry);
      index++;
    }
    return fresh;
  }

  #cutAfter(index: number): void {
    this.#terms.cutAfter(index);
    this.#lastIndex = index;
    const cut = this.#truncate(index, this.#cut);
    this.#cut = cut;
    // What waits for it goes on later, but before anything else begins.
    cut.then(() => this.#cut === cut && (this.#cut = undefined), () => {});
  }

  async #truncate(index: number, before: Promise<void> | undefined) {
    await before;
    await this.#appended;
    await this.#wal.truncateAfter(index - this.#offset);
  }

  /** Makes a snapshot durable, then drops the records up to `lsn`. */
  async #store(id: EntryId, data: SnapshotData, lsn: number): Promise<void> {
    await this.#wal.checkpoint(() => withId(id, data), { lsn });
    this.#snapshot = id;
    this.#terms.dropBefore(id.index);
  }

  /**
   * Ends the log with an empty record, and lets the snapshot take the place of
   * everything up to it. Before the snapshot is durable, opening drops that
   * record; after it, all before are gone. There is no state in between.
   */
  async #replaceAll(id: EntryId, data: SnapshotData): Promise<void> {
    const wal = this.#wal;
    const lsn = await this.#begin(() => wal.append(""));
    let isUnreadable = false;
    const watched = (async function* () {
      try {
        yield* data;
      } catch (error) {
        isUnreadable = true;
        throw error;
      }
    })();
    try {
      await this.#store(id, watched, lsn);
    } catch (error) {
      // Otherwise it may be durable, which opening the log again will tell.
      if (!isUnreadable) this.#failure ??= error as Error;
      else await this.#begin(() => wal.truncateAfter(lsn - 1));
      throw error;
    }
    this.#offset = id.index - lsn;
    this.#lastIndex = id.index;
    this.#terms.cutAfter(0);
  }

  /**
   * Begins a write after the cuts that were asked for before; otherwise at once.
   * After a failure, memory and disk may differ, so nothing goes on.
   */
  async #begin<Result>(write: () => Promise<Result>): Promise<Result> {
    try {
      if (this.#cut !== undefined) await this.#cut;
      this.#requireHealth();
      return await write();
    } catch (error) {
      this.#failure ??= error as Error;
      throw error;
    }
  }

  #outside(action: string): RangeError {
    const range = `${this.firstIndex} to ${this.#lastIndex}`;
    return new RangeError(`Cannot ${action} because the log has ${range}`);
  }

  #requireHealth(): void {
    if (this.#failure === undefined) return;
    const options = { cause: this.#failure };
    throw new Error("Cannot continue because the log has failed", options);
  }

  /** Waits for what was asked for before. */
  async #settle(): Promise<void> {
    this.#requireHealth();
    await this.#cut;
    await this.#appended;
  }

  /** Changes the snapshot, or reads it, one call after the other. */
  #alone<Result>(act: () => Promise<Result>): Promise<Result> {
    const turn = this.#replaced.then(act);
    this.#replaced = turn.catch(() => {});
    return turn;
  }
}

import {
  argumentError,
  requireInteger,
  requireOptions,
} from "../../argument.ts";
import { ARCHIVE_CURSOR, CURSOR_NAME } from "../../storage/format/mod.ts";
import { CompactedError, TruncatedError } from "../../storage/frame_log.ts";
import type { LogIdentity } from "../../storage/segments/mod.ts";
import { LogClosedError } from "../../writer/log_closed_error.ts";
import type { LogRecord } from "../../writer/record.ts";
import type { LogSource } from "../log_source.ts";
import { requireSignal } from "../require_signal.ts";
import type { CursorKeeper, CursorPlace, Position } from "./cursor_place.ts";
import { placeOf } from "./place_of.ts";
import { type Follow, RecordFeed } from "./record_feed.ts";

/** Options of `cursor`. */
export interface CursorOptions {
  /**
   * LSN of the first record for a cursor that does not exist yet: from the
   * oldest record kept to one beyond the last durable one. A cursor that exists
   * continues where it is. Default: the oldest record kept.
   */
  from?: number | undefined;
}

/** Options of `Cursor.next`. */
export interface NextOptions {
  /** Ends the wait: the call then rejects with `signal.reason`. */
  signal?: AbortSignal | undefined;
}

const CURSOR_OPTIONS: readonly (keyof CursorOptions)[] = ["from"];

const NEXT_OPTIONS: readonly (keyof NextOptions)[] = ["signal"];

/**
 * A durable place in a log: hands out the durable records after it, in order,
 * and keeps how far its consumer has got: in a file next to the log, or where
 * the engine of the log keeps its cursors.
 *
 * Delivery is at least once: a consumer that dies sees again what it had not
 * committed, and never misses a record. Only one consumer at a time may use a
 * cursor, in any process; a second one is noticed, at best effort, when it
 * commits. The calls of one cursor may overlap, and run in order.
 *
 * @example
 * ```ts
 * import { Wal } from "@syncline/wal";
 * import { MemoryStorage } from "@syncline/wal/storage";
 * import assert from "node:assert/strict";
 *
 * const storage = new MemoryStorage();
 * const wal = await Wal.open(storage);
 * await wal.appendBatch(["one", "two", "three"]);
 *
 * const cursor = await wal.cursor("billing");
 * const record = await cursor.next();
 * assert.equal(record?.lsn, 1);
 * await cursor.commit(); // durable when it resolves
 * await cursor.next(); // dies before it commits
 * await cursor.close();
 *
 * const again = await wal.cursor("billing");
 * assert.equal(again.committedLsn, 1);
 * assert.equal(again.lag, 2);
 * assert.equal((await again.next())?.lsn, 2);
 * await wal.close();
 * ```
 */
export class Cursor<Out = Uint8Array<ArrayBuffer>> implements AsyncDisposable {
  /** The cursor's name. */
  readonly name: string;
  readonly #source: LogSource;
  readonly #cursors: CursorPlace;
  readonly #keeper: CursorKeeper;
  readonly #feed: RecordFeed<Out>;
  readonly #refresh: Refresh;
  #identity: LogIdentity;
  /** How often the log had been cut back when its identity was read. */
  #cuts: number;
  #committedLsn: number;
  /** Whether that is certainly durable: a killed consumer may have left it. */
  #isDurable: boolean;
  /** Thrown until `seek`: the log was cut back while nobody looked. */
  #truncated: TruncatedError | undefined;
  #writing: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  /** Used by {@linkcode openCursor}. */
  constructor(parts: CursorParts<Out>) {
    const { source, identity, place } = parts;
    this.name = parts.name;
    this.#source = source;
    this.#cursors = parts.cursors;
    this.#keeper = parts.keeper;
    this.#refresh = parts.refresh;
    this.#identity = identity;
    this.#cuts = parts.cuts;
    this.#committedLsn = place.lsn;
    this.#isDurable = place.isDurable;
    this.#feed = new RecordFeed(source, parts.follow, place.lsn + 1);
    const end = source.isWriter ? source.reached("memory") : Infinity;
    const lowest = Math.min(identity.lowestSince(place.epoch), end);
    if (lowest < place.lsn) {
      this.#truncated = new TruncatedError(place.lsn + 1, lowest);
    }
  }

  /**
   * LSN of the last record committed, or the one before the first record to
   * hand out. The cursor that made a commit knows it to be durable; one that
   * was opened later shows what is in the file.
   */
  get committedLsn(): number {
    return this.#committedLsn;
  }

  /** Number of durable records that are not committed; at least 0. */
  get lag(): number {
    return Math.max(0, this.#source.reached("disk") - this.#committedLsn);
  }

  /**
   * The next durable record, which it waits for if there is none yet; the first
   * call returns the one after the last committed. Records lost in a repair are
   * skipped.
   *
   * Resolves with `undefined` if none can follow: after `close`, or after that
   * of the log once all records have been handed out. Rejects with
   * `CompactedError` if the record was dropped, and with `TruncatedError` if
   * the log was cut back below the last one handed out; `seek` continues after
   * either. Otherwise it rejects as `read` does, or with the failure of the log
   * once all durable records have been handed out.
   */
  async next(options: NextOptions = {}): Promise<LogRecord<Out> | undefined> {
    requireOptions("read from a cursor", options, NEXT_OPTIONS);
    const { signal } = options;
    requireSignal("read from a cursor", signal);
    if (this.#truncated !== undefined) throw this.#truncated;
    return await this.#feed.next(signal);
  }

  /** Hands out records, one by one, as {@linkcode Cursor.next} does. */
  async *[Symbol.asyncIterator](): AsyncGenerator<
    LogRecord<Out>,
    undefined,
    undefined
  > {
    while (true) {
      const record = await this.next();
      if (record === undefined) return undefined;
      yield record;
    }
  }

  /**
   * Notes that the records up to `lsn`, by default the last one handed out,
   * need not be handed out again. It is durable when the promise resolves.
   *
   * `lsn` is an integer from `committedLsn` to the last durable record. A call
   * costs one small write and one sync, so commit a group of records rather
   * than each. If `lsn` is beyond the last record handed out, those between are
   * skipped. It works even after the log was closed.
   *
   * Rejects with `RangeError`, or `TypeError` if `lsn` is not a number;
   * `CursorMovedError` if another consumer has committed in the meantime;
   * `TruncatedError` if the log was cut back below `lsn`; `LogClosedError` after
   * `close`; `StorageFullError` or `StorageError`: then it is unknown whether
   * the commit counts, and it may be tried again.
   */
  commit(lsn: number = this.#feed.handedOutLsn): Promise<void> {
    return this.#alone(async () => {
      const least = this.#committedLsn;
      requireInteger("commit a record", "its LSN", lsn, least);
      if (this.#truncated !== undefined) throw this.#truncated;
      await this.#identify(lsn);
      const most = Math.max(least, this.#source.reached("disk"));
      requireInteger("commit a record", "its LSN", lsn, least, most);
      if (lsn === least && this.#isDurable) return;
      await this.#keeper.commit({ lsn, epoch: this.#identity.epoch });
      this.#committedLsn = lsn;
      this.#isDurable = true;
      if (lsn > this.#feed.handedOutLsn) this.#feed.seek(lsn + 1);
    });
  }

  /**
   * Continues with record `lsn`, in either direction, and commits the one
   * before it: durable when the promise resolves. This is how a consumer goes
   * back, or goes on after a `CompactedError` or a `TruncatedError`.
   *
   * `lsn` is an integer from the oldest record kept to one beyond the last
   * durable one. Rejects with `RangeError` or `TypeError`, with `CompactedError`
   * if the record was dropped, and otherwise as `commit` does.
   */
  seek(lsn: number): Promise<void> {
    return this.#alone(async () => {
      await this.#identify(0);
      requirePlace("seek a record", "its LSN", lsn, this.#source);
      await this.#keeper.commit({ lsn: lsn - 1, epoch: this.#identity.epoch });
      this.#committedLsn = lsn - 1;
      this.#isDurable = true;
      this.#truncated = undefined;
      this.#feed.seek(lsn);
    });
  }

  /**
   * Ends calls of `next` that wait, and resolves once commits in progress are
   * done. Its file stays, and so does what it holds back.
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#feed.close();
    await this.#writing;
  }

  /** The same as {@linkcode Cursor.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * Learns the log's epoch if it has changed, so that a later opening knows
   * which cuts concern the records up to `lsn`; throws if one does already.
   */
  async #identify(lsn: number): Promise<void> {
    await this.#look();
    this.#feed.requireUncut(lsn);
    // A reader counts only the cuts of what it has shown.
    const { cuts, isWriter } = this.#source;
    if (isWriter && cuts === this.#cuts) return;
    const identity = await this.#cursors.identify();
    // Now the log is seen as it was then, or later.
    await this.#look();
    this.#feed.requireUncut(lsn);
    this.#cuts = this.#source.cuts;
    this.#identity = identity;
  }

  /** A look that closing the log ends is like none: a commit goes on. */
  async #look(): Promise<void> {
    try {
      await this.#refresh();
    } catch (error) {
      if (!(error instanceof LogClosedError)) throw error;
    }
  }

  #alone(act: () => Promise<void>): Promise<void> {
    if (this.#isClosed) return Promise.reject(new LogClosedError("commit"));
    const run = this.#writing.then(act);
    this.#writing = run.catch(() => {});
    return run;
  }
}

/** Looks where the log stands, if another process writes it. */
type Refresh = () => Promise<void> | undefined;

/** What a cursor is made of. */
interface CursorParts<Out> {
  readonly name: string;
  readonly source: LogSource;
  readonly follow: Follow<Out>;
  readonly refresh: Refresh;
  readonly cursors: CursorPlace;
  readonly keeper: CursorKeeper;
  readonly identity: LogIdentity;
  /** How often the log had been cut back when its identity was read. */
  readonly cuts: number;
  readonly place: Position & { readonly isDurable: boolean };
}

/** Opens the cursor `name` of a log, or creates it. */
export async function openCursor<Out>(
  source: LogSource,
  { follow, refresh }: Pick<CursorParts<Out>, "follow" | "refresh">,
  name: string,
  options: CursorOptions,
): Promise<Cursor<Out>> {
  const action = "open a cursor";
  requireName(action, name);
  requireOptions(action, options, CURSOR_OPTIONS);
  const { from } = options;
  if (from !== undefined) requireInteger(action, "from", from);
  const cursors = placeOf(action, source.files, source.origin);
  const { cuts } = source;
  const identity = await cursors.identify();
  const keeper = cursors.keeper(name, identity.log);
  const place = await keeper.open(() => {
    const first = from ?? source.firstLsn;
    requirePlace(action, "from", first, source);
    return { lsn: first - 1, epoch: identity.epoch };
  });
  return new Cursor({
    name,
    source,
    follow,
    refresh,
    cursors,
    keeper,
    identity,
    cuts,
    place,
  });
}

function requireName(action: string, name: string): void {
  const isFree = name !== ARCHIVE_CURSOR;
  if (typeof name === "string" && CURSOR_NAME.test(name) && isFree) return;
  const rule = isFree
    ? "1 to 64 of the characters a-z, 0-9, _ and -"
    : "another one than that of the archive";
  const hasRightType = typeof name === "string";
  throw argumentError(action, "its name", rule, name, hasRightType);
}

/** Throws unless a consumer can begin with record `lsn`. */
function requirePlace(
  action: string,
  name: string,
  lsn: number,
  source: LogSource,
): void {
  const { firstLsn } = source;
  if (Number.isSafeInteger(lsn) && lsn > 0 && lsn < firstLsn) {
    throw new CompactedError(lsn, firstLsn);
  }
  const most = source.reached("disk") + 1;
  requireInteger(action, name, lsn, firstLsn, Math.max(most, firstLsn));
}

import type { LiveStatus } from "../../monitor/live_status.ts";
import { askStatus, pause, StatusReader } from "../../monitor/ask_status.ts";
import { CursorFiles, cursorsOf } from "../../reader/cursors/mod.ts";
import { ObservedLog } from "../../reader/observed_log.ts";
import { parseSegmentName } from "../../storage/format/mod.ts";
import { sizeOf } from "../../storage/segments/mod.ts";
import type { Storage } from "../../storage/storage.ts";
import { isMissing } from "../../storage/storage_error.ts";
import { type LockState, readLockState } from "../examine/lock_state.ts";
import type { SeenCursor, Snapshot } from "./snapshot.ts";

/** How often to look while time passes: the request must be renewed. */
const STEP_MS = 1000;

/** How long to wait for a status that is newer than the last one. */
const NEWER_MS = 2000;

/** Watches a log from outside: by its status if there is one, or its files. */
export class LogWatch {
  readonly #files: Storage;
  readonly #signal: AbortSignal;
  readonly #reader: StatusReader;
  #log: ObservedLog | undefined;

  /** Ends waits once the signal is aborted. */
  constructor(files: Storage, signal: AbortSignal) {
    this.#files = files;
    this.#signal = signal;
    this.#reader = new StatusReader(files);
  }

  /**
   * Asks for a status, waits for an answer, for `waitMs` at most, and takes the
   * first snapshot.
   */
  async begin(waitMs?: number): Promise<Snapshot> {
    if (isOwned(readLockState(this.#files.location))) {
      const [signal, reader] = [this.#signal, this.#reader];
      await askStatus(this.#files, { signal, reader, waitMs });
    }
    return await this.#take();
  }

  /** Lets time pass; then takes a snapshot, if possible a newer one. */
  async next(ms: number, before: Snapshot): Promise<Snapshot> {
    for (let left = ms; left > 0; left -= STEP_MS) {
      await pause(Math.min(left, STEP_MS), this.#signal);
      if (this.#signal.aborted) break;
      await this.#look();
    }
    for (let waited = 0; waited < NEWER_MS; waited += 100) {
      if (this.#signal.aborted || !isSameStatus(before, await this.#look())) {
        break;
      }
      await pause(100, this.#signal);
    }
    return await this.#take();
  }

  /** Withdraws the request, and closes all files. */
  async end(): Promise<void> {
    await this.#reader.end();
    await this.#log?.close();
  }

  async #take(): Promise<Snapshot> {
    const lock = readLockState(this.#files.location);
    const status = await this.#look();
    const notes: string[] = [];
    if (status === undefined) {
      notes.push(
        isOwned(lock) ? this.#reader.reason : "nobody has the log open",
      );
    }
    const attempt = <Found>(found: Promise<Found>) =>
      found.catch((error: Error) => void notes.push(error.message));
    if (status === undefined) await attempt(this.#observe());
    const measured = status?.storage ?? await attempt(this.#measure());
    const { first, written, durable } = status?.lsn ?? this.#positions;
    const cursors = await attempt(this.#cursors(durable)) ?? [];
    return {
      time: Date.now(),
      status,
      ageMs: status === undefined ? 0 : this.#reader.ageMs,
      notes: [...new Set(notes)],
      lock,
      lsn: { first, written, durable },
      storage: {
        ...measured ?? { segments: 0, bytes: 0 },
        ...await this.#files.space?.(),
      },
      cursors,
    };
  }

  /** Asks only if there is an owner that could answer. */
  async #look(): Promise<LiveStatus | undefined> {
    if (isOwned(readLockState(this.#files.location))) {
      return await this.#reader.look();
    }
    await this.#reader.end();
  }

  /** Looks at the files of a log, whose owner does not answer. */
  async #observe(): Promise<void> {
    this.#log ??= await ObservedLog.open(this.#files, "os");
    await this.#log.refresh();
  }

  /** Where the log began and ended at the last look at its files. */
  get #positions(): Snapshot["lsn"] {
    const { firstLsn = 1, writtenLsn = 0, durableLsn = 0 } = this.#log ?? {};
    return { first: firstLsn, written: writtenLsn, durable: durableLsn };
  }

  async #measure(): Promise<LiveStatus["storage"]> {
    const names = (await this.#files.list())
      .filter((name) => parseSegmentName(name) !== undefined);
    let bytes = 0;
    for (const name of names) {
      try {
        bytes += await sizeOf(this.#files, name);
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    }
    return { segments: names.length, bytes };
  }

  async #cursors(durableLsn: number): Promise<SeenCursor[]> {
    const cursors = await cursorsOf(new CursorFiles(this.#files));
    return cursors.map(({ name, committedLsn, error }) => ({
      name,
      ...(committedLsn !== undefined && {
        committedLsn,
        lag: Math.max(0, durableLsn - committedLsn),
      }),
      ...(error !== undefined && { error: (error as Error).message }),
    }));
  }
}

function isOwned({ state }: LockState): boolean {
  return state !== "free" && state !== "dead";
}

function isSameStatus(
  { status: before }: Snapshot,
  now: LiveStatus | undefined,
): boolean {
  return before !== undefined && before.epoch === now?.epoch &&
    before.sequence === now.sequence;
}

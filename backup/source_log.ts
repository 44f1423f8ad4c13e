import { findSnapshots } from "../checkpoint/find_snapshots.ts";
import { SnapshotFile } from "../checkpoint/snapshot.ts";
import type { LogSource } from "../reader/log_source.ts";
import { ObservedLog } from "../reader/observed_log.ts";
import { isGone } from "../reader/survey_live_log.ts";
import { CorruptLogError } from "../storage/corrupt_log_error.ts";
import {
  type Cut,
  lowestSince,
  type Manifest,
  type SegmentName,
} from "../storage/format/mod.ts";
import type { LogIdentity } from "../storage/segments/mod.ts";
import type { Storage } from "../storage/storage.ts";
import { explainFull } from "../storage/storage_error.ts";
import { BackupError } from "./backup_error.ts";
import { withRecords } from "./target_state.ts";

/** A log at one instant: what the look at it found. */
export interface SourceLook {
  /** The manifest. */
  readonly manifest: Manifest;
  /** The cuts of the log that have been made. */
  readonly cuts: readonly Cut[];
  /** Which log it is. */
  readonly identity: LogIdentity;
  /** LSN of the oldest record kept. */
  readonly firstLsn: number;
  /** LSN of the last record that is durable; `firstLsn - 1` if there is none. */
  readonly lastLsn: number;
  /** LSN of the last record that is written. */
  readonly writtenLsn: number;
  /** The segments that hold records that are kept, or will, in order. */
  readonly segments: readonly SegmentName[];
  /** How often it was looked at before, because files went meanwhile. */
  readonly misses: number;
}

/** What the process that writes a log knows better than its files. */
export interface LiveSource extends Pick<LogSource, "reached" | "cuts"> {
  /** Flushes and syncs what was appended before; absent if nothing has to be. */
  flushed?(signal: AbortSignal | undefined): Promise<unknown>;
  /** Runs `act` while nothing drops records or cuts them off. */
  alone<Result>(act: () => Promise<Result>): Promise<Result>;
}

/** After so many misses, the process that writes drops nothing meanwhile. */
const PATIENCE = 3;

/** Looks during which files may go, one after the other. */
const MOST_MISSES = 50;

/** How often damage is found before it is believed. */
const LOOKS = 3;

/** Thrown to look again. */
const AGAIN = new Error("what was found does not fit together");

/** A log to be copied, whose owner may be writing to it. */
export class SourceLog {
  /** The directory of the log. */
  readonly storage: Storage;
  readonly #action: string;
  readonly #log: ObservedLog;
  readonly #live: LiveSource | undefined;

  private constructor(action: string, log: ObservedLog, live?: LiveSource) {
    this.storage = log.files;
    this.#action = action;
    this.#log = log;
    this.#live = live;
  }

  /**
   * Opens a log; `action` says what for. Takes no lock. Rejects as
   * `WalReader.open` does, and with `BackupError` if there is no log.
   */
  static async open(
    action: string,
    storage: Storage,
    live?: LiveSource,
  ): Promise<SourceLog> {
    const log = await ObservedLog.open(storage, "disk");
    const { end, layout } = log;
    if (layout !== undefined && !(end instanceof Error)) {
      return new SourceLog(action, log, live);
    }
    await log.close();
    if (end instanceof Error) throw end;
    const reason = "there is no log in it";
    throw new BackupError(action, storage.location, "no-log", reason);
  }

  /** The log, for looking up times. */
  get log(): LogSource {
    return this.#log;
  }

  /**
   * Calls `act` with the log as it is at one instant; again, if files that it
   * needs have gone meanwhile, or it found damage that may be due to that.
   */
  async attempt<Result>(
    act: (look: SourceLook) => Promise<Result>,
  ): Promise<Result> {
    for (let misses = 0, doubts = 0;;) {
      const run = async () => await act(await this.#look(misses));
      const live = misses < PATIENCE ? undefined : this.#live;
      try {
        return live === undefined ? await run() : await live.alone(run);
      } catch (error) {
        const isMiss = error === AGAIN || isGone(error);
        if (isMiss && ++misses < MOST_MISSES) continue;
        if (error instanceof CorruptLogError && ++doubts < LOOKS) continue;
        if (error !== AGAIN) throw explainFull(error);
        const { location } = this.storage;
        throw new Error(
          `Cannot ${this.#action} "${location}" because it changes faster ` +
            "than it can be read",
        );
      }
    }
  }

  /** What to throw within `attempt` to look again. */
  get again(): Error {
    return AGAIN;
  }

  /** Closes its files. */
  close(): Promise<void> {
    return this.#log.close();
  }

  async #look(misses: number): Promise<SourceLook> {
    const log = this.#log;
    const live = this.#live;
    const cuts = live?.cuts;
    // Before the look: what is durable now is written, and so it will be seen.
    const known = live?.reached("disk") ?? 0;
    await log.refresh();
    const { manifest, segments, cutEpoch } = log.layout!;
    if (live !== undefined && live.cuts !== cuts) throw AGAIN;
    const { firstLsn, epoch } = manifest;
    const made = (manifest.cuts ?? []).filter(({ at }) => at <= cutEpoch);
    // A backup is synced before its manifest says that it is there.
    const durableLsn = manifest.isBackup
      ? log.writtenLsn
      : Math.min(log.writtenLsn, Math.max(log.durableLsn, known));
    const provenLsn = await this.#findCovered(manifest, durableLsn);
    const lastLsn = Math.max(firstLsn - 1, durableLsn, provenLsn);
    return {
      manifest,
      cuts: made,
      identity: {
        log: manifest.log,
        epoch,
        lowestSince: (since) => lowestSince(made, since),
      },
      firstLsn,
      lastLsn,
      writtenLsn: log.writtenLsn,
      // All records of the last one may be dropped.
      segments: withRecords(segments).filter((segment) =>
        segment.firstLsn >= firstLsn || lastLsn >= firstLsn
      ),
      misses,
    };
  }

  /**
   * LSN up to which snapshots of this epoch prove that what is written is
   * durable, if that is after record `after`; else 0. Without that, a snapshot
   * would be left out until the next frame declares what it covers.
   */
  async #findCovered(
    { log, epoch, isBackup }: Manifest,
    after: number,
  ): Promise<number> {
    if (isBackup) return 0;
    for (const name of await findSnapshots(this.storage)) {
      const isNews = name.lsn > after && name.lsn <= this.#log.writtenLsn;
      if (!isNews || name.epoch !== epoch) continue;
      const file = await SnapshotFile.open(this.storage, name);
      if (typeof file === "string") continue;
      await file.close();
      if (file.header.log === log) return name.lsn;
    }
    return 0;
  }
}

import type { BatchPolicy } from "../policies/batch_policy.ts";
import type { CommitEnd, FrameLog } from "../storage/frame_log.ts";
import { StorageFullError } from "../storage/storage_error.ts";
import type { Acks } from "./acks.ts";
import type { AppendQueue } from "./append_queue.ts";
import type { Batch } from "./batch.ts";
import type { Clock } from "./clock.ts";
import type { SyncSchedule } from "./commit.ts";
import type { FlushMode } from "./flush_mode.ts";
import { type FlushTimes, reportFlush } from "./flush_rules.ts";
import type { FlushStats } from "./flush_stats.ts";
import type { RecentFrame } from "./live_tail.ts";
import type { LogHealth } from "./log_health.ts";
import type { Readers } from "./readers.ts";

/** What depends on progress. */
export interface ProgressParts {
  readonly log: FrameLog;
  readonly clock: Clock;
  readonly appends: AppendQueue;
  readonly acks: Acks;
  readonly sync: SyncSchedule;
  readonly readers: Readers;
  readonly stats: FlushStats;
  readonly mode: FlushMode;
  readonly health: LogHealth;
}

/** Tells all whom it concerns that the log has advanced. */
export class Progress {
  readonly #parts: ProgressParts;

  /** Tells these. */
  constructor(parts: ProgressParts) {
    this.#parts = parts;
  }

  /** The frame of a flush is written, and perhaps `synced`. */
  flushed(
    policy: BatchPolicy,
    batch: Batch,
    times: FlushTimes,
    synced: boolean,
    end?: CommitEnd,
  ): void {
    const { appends, clock, health, log, mode, readers, stats } = this.#parts;
    const written = readers.tail?.keep(batch, synced, batch.time ?? log.time);
    this.#advance(batch.lastLsn, synced, written);
    times.endedAt = synced ? clock.now() : times.writtenAt;
    if (end?.wakeMs !== undefined) times.wakeMs = end.wakeMs;
    appends.release(batch);
    const report = reportFlush(policy, batch, times, appends.queue.records);
    stats.add(report, synced);
    mode.observe(report, appends.queue.records, end);
    if (health.now.status === "degraded") health.trouble("space", undefined);
    appends.queue.updateBounds(policy);
  }

  /**
   * There was no space: rejects everything that is not written, whichever call
   * waits for it, and assigns its LSNs again.
   */
  refused(cause: StorageFullError): void {
    const { acks, appends, health, readers, stats } = this.#parts;
    const { writtenLsn } = acks;
    const nextLsn = writtenLsn + 1;
    const error = new StorageFullError(cause.path, { cause }, nextLsn);
    const waiters = acks.rejectUnwritten(error) + appends.reject(error);
    const dropped = appends.queue.rollBack(nextLsn);
    if (waiters === 0 && dropped > 0) health.drop = error;
    stats.end();
    if (dropped > 0) readers.cutBack(writtenLsn);
    health.trouble("space", error.message);
  }

  /** All up to `lsn` is synced, by a sync alone that began at `startedAt`. */
  synced(lsn: number, startedAt: number): void {
    const { clock, stats } = this.#parts;
    this.#advance(lsn, true);
    stats.synced(lsn, startedAt, clock.now());
  }

  /** `lsn` is what the sync covers; it was fixed before the sync began. */
  #advance(lsn: number, synced: boolean, written?: RecentFrame): void {
    const { acks, sync, readers } = this.#parts;
    acks.advance(lsn, synced);
    sync.update(acks);
    readers.tail?.tell(written);
  }
}

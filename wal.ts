import { requireOneOf, requireType } from "./argument.ts";
import type { Codec } from "./codec/codec.ts";
import { checkOptions } from "./log/check_options.ts";
import { openFrameLog, type WalTarget } from "./log/open_log.ts";
import type { BatchPolicy, FlushReport } from "./policies/batch_policy.ts";
import { startFlushing } from "./log/start_flushing.ts";
import type { BlockingCalls, FrameLog } from "./storage/frame_log.ts";
import { LogUpkeep } from "./log/log_upkeep.ts";
import type { Alert } from "./monitor/alert_options.ts";
import { publishEvents } from "./monitor/channels.ts";
import { LogMonitor } from "./monitor/log_monitor.ts";
import { takeStats, type WalStats } from "./monitor/wal_stats.ts";
import { requireUpkeep } from "./upkeep/upkeep_options.ts";
import type { CheckedOptions, WalOptions, WalSettings } from "./wal_options.ts";
import type { SyncReport } from "./writer/flush_stats.ts";
import type { Listeners } from "./writer/listeners.ts";
import type { Health } from "./writer/log_health.ts";
import type { RecordInput } from "./writer/record.ts";
import { Writer } from "./writer/writer.ts";

/**
 * A write-ahead log: an ordered, durable sequence of records. LSNs count up
 * from 1 without gaps, except for holes left by a salvage.
 *
 * Any number of calls may run concurrently; LSNs are assigned in call order.
 * Only one `Wal` at a time can have a directory open, across processes and
 * runtimes.
 *
 * After a failed write or sync, pending and later appends, `flush`, `settled`
 * and `truncateBefore` fail with `LogFailedError`; what was written can still
 * be read, and `settled` still resolves for records that had reached the level.
 * After `close`, calls fail with `LogClosedError`.
 *
 * @example
 * ```ts
 * import { Wal } from "@syncline/wal";
 * import { MemoryStorage } from "@syncline/wal/storage";
 * import assert from "node:assert/strict";
 *
 * const wal = await Wal.open(new MemoryStorage());
 * assert.equal(await wal.append("first"), 1); // durable when it resolves
 * const { last } = await wal.appendBatch(["second", "third"]); // atomic
 * assert.equal(last, 3);
 *
 * const texts: string[] = [];
 * for await (const { data } of wal.read({ from: 2 })) {
 *   texts.push(new TextDecoder().decode(data));
 * }
 * assert.deepEqual(texts, ["second", "third"]);
 * await wal.close();
 * ```
 */
export class Wal<In = RecordInput, Out = Uint8Array<ArrayBuffer>>
  extends LogUpkeep<In, Out>
  implements AsyncDisposable {
  readonly #log: FrameLog;
  readonly #openedAt: number;
  #forgetExit = (): void => {};
  readonly #monitor: LogMonitor;

  private constructor(
    log: FrameLog,
    writer: Writer,
    options: CheckedOptions,
    codec: Codec<In, Out> | undefined,
  ) {
    super(log, writer, options, codec);
    this.#log = log;
    this.#openedAt = options.clock.now();
    this.#monitor = new LogMonitor(log, writer, this);
    const alerts = this.#monitor.listeners;
    publishEvents(log.location ?? log.files?.location ?? "", writer, alerts);
  }

  /**
   * Opens the log at `target`, or creates it; recovers it if its writer
   * crashed.
   *
   * When it resolves, this process holds the lock and everything that can be
   * read is durable. On a full disk, the end of the log might not be durable
   * until the next sync. Opening changes no existing bytes, except with
   * `recovery: "salvage"`, which keeps a copy of the originals next to them.
   *
   * In a `LogEngine` the opening always displaces the owner. Options that mean
   * nothing there are refused before that; each says so.
   *
   * With a `codec`, the log takes and gives back the values of a type instead
   * of bytes.
   *
   * Throws `TypeError` or `RangeError` for bad options, `NoDirectoryError` if the
   * log cannot do what they ask for, `LogLockedError` if it is open elsewhere,
   * `CorruptLogError` if acknowledged records may be damaged or missing,
   * `FormatVersionError`, `ForeignFileError`, `LogExistsError`,
   * `StorageFullError`, `StorageError`, or `FencedError` if another owner takes
   * over meanwhile; and what the `openLog` of a `LogEngine` rejects with.
   */
  static async open<In = RecordInput, Out = Uint8Array<ArrayBuffer>>(
    target: WalTarget,
    options: WalOptions<In, Out> = {},
  ): Promise<Wal<In, Out>> {
    const checked = checkOptions(options);
    const log = await openFrameLog(target, options, checked);
    try {
      requireUpkeep(log, checked);
      const writer = await makeWriter(log, checked, options.policy);
      await startFlushing(writer, checked.flushing);
      const wal = new Wal(log, writer, checked, options.codec);
      await wal.#begin(checked).catch(async (error) => {
        wal.#forgetExit();
        await wal.#monitor.stop();
        throw error;
      });
      return wal;
    } catch (error) {
      await log.close(false);
      throw error;
    }
  }

  /**
   * Changes settings of the open log, for all that is appended after the call.
   *
   * What was appended before keeps its promises: if `policy` changes, it is
   * flushed at once, and if `synchronous` or `syncIntervalMs` does, it is synced
   * as well. Resolves when that is done; the new settings apply from the call
   * on. A new policy may have learned from nothing but this log.
   *
   * Lower bounds of the queue take nothing out of it. Concurrent calls count in
   * their order. Rejects with `TypeError` or `RangeError` for bad settings, and
   * as `flush` does; bad settings change nothing.
   *
   * @example
   * ```ts
   * import { AgePolicy, Wal } from "@syncline/wal";
   * import { MemoryStorage } from "@syncline/wal/storage";
   * import assert from "node:assert/strict";
   *
   * const wal = await Wal.open(new MemoryStorage());
   * const policy = new AgePolicy({ ms: 5 });
   * await wal.configure({ policy, synchronous: "normal" });
   * assert.equal(wal.settings.syncIntervalMs, 1000);
   * await wal.close();
   * ```
   */
  async configure(changes: WalSettings): Promise<void> {
    this.refuseIfClosed("configure");
    const { flushing }: WalSettings = Object(changes);
    if (flushing !== undefined) this.writer.mode.require(flushing);
    const changed = this.change(changes);
    await Promise.all([
      changed,
      this.#monitor.configure(this.options),
      flushing && this.writer.mode.set(flushing, changed),
    ]);
  }

  /**
   * What the log has done since it was opened, and how it is now. Taking them
   * copies about 50 kB; the log adds to them once per flush, and never per record.
   *
   * @example
   * ```ts
   * import { Wal } from "@syncline/wal";
   * import { MemoryStorage } from "@syncline/wal/storage";
   * import assert from "node:assert/strict";
   *
   * const wal = await Wal.open(new MemoryStorage());
   * await wal.append("a record");
   * const { atRisk, flushes, latency } = wal.stats();
   * assert.equal(atRisk.records, 0);
   * assert.equal(flushes.count, 1);
   * assert(latency.syncMs.quantile(0.99) >= 0);
   * await wal.close();
   * ```
   */
  stats(): WalStats {
    const now = this.options.clock.now();
    return takeStats(this.#log, this.writer, this.#openedAt, now, this.access);
  }

  /** How the log is, which `on("health", …)` tells when it changes. */
  get health(): Health {
    return this.writer.health.now;
  }

  /**
   * Calls `listener` in the same turn whenever something happens, and returns
   * what ends that:
   *
   * - `"flush"`: a flush has ended, after its callers were released;
   * - `"sync"`: a sync has ended, that of a flush (before its event) or one
   *   alone, such as within `syncIntervalMs`;
   * - `"health"`: {@linkcode Wal.health} has changed;
   * - `"alert"`: one of the option `alerts` was raised or cleared.
   *
   * What a listener throws becomes an uncaught error; the log goes on. The same
   * events of all logs are published to `node:diagnostics_channel`, under
   * `syncline:wal:flush`, and so on. Throws `TypeError` for an unknown event.
   */
  on<Name extends keyof WalEvents>(
    name: Name,
    listener: (event: WalEvents[Name]) => void,
  ): () => void {
    const names = ["flush", "sync", "health", "alert"] as const;
    requireOneOf("listen", "event", name, names);
    requireType("listen", "its listener", listener, "function");
    const { stats, health } = this.writer;
    const listeners: { [N in keyof WalEvents]: Listeners<WalEvents[N]> } = {
      flush: stats.listeners,
      sync: stats.syncListeners,
      health: health.listeners,
      alert: this.#monitor.listeners,
    };
    return listeners[name].add(listener);
  }

  /**
   * Flushes and syncs everything appended, and releases the lock.
   *
   * A second call returns the same promise. Rejects if the last flush fails, or
   * if the log failed earlier and no call has reported it; the lock is released
   * even so. After a failure that was reported, it only releases the lock. It
   * also ends reads that are still running: the next call on each rejects.
   * Followers that have seen everything end; those that lag reject.
   */
  close(): Promise<void> {
    this.closing ??= this.#close();
    return this.closing;
  }

  /**
   * Flushes and syncs everything appended, without a turn of the event loop;
   * returns the last LSN. It blocks until all is durable, and is meant for a
   * process that exits: the last segment may grow beyond its size, and if a
   * sync is in progress on another thread, its failure is not seen here. It
   * waits up to 10 s until the flush thread has done what it was handed.
   *
   * Throws `TypeError` if the storage does not block (those of directories
   * do), `FlushInProgressError` if something that takes turns has to be done
   * first, such as a write in progress, a cut, or, in an opening after a crash,
   * the first append to a log with metadata; if the flush thread did not end in
   * time, or found no space; and within a listener or a policy. What could not
   * be written stays queued then. Otherwise as `flush` rejects.
   */
  flushSync(): number {
    this.refuseIfClosed("flush");
    return this.writer.flushSync();
  }

  /**
   * The same, then it releases the lock, for `process.on("exit")`. The end of
   * the log is not marked: the next opening looks for it, as after a crash, and
   * finds everything. Reads that are running may never end.
   *
   * Does nothing if the log is closed; while `close` is in progress it only
   * flushes. Throws as `flushSync` does; then it releases the lock even so,
   * unless the storage does not block.
   *
   * @example
   * ```ts
   * import { Wal } from "@syncline/wal";
   * import { mkdtempSync, rmSync } from "node:fs";
   *
   * const directory = mkdtempSync("/tmp/wal-");
   * const wal = await Wal.open(directory);
   * wal.enqueue("acknowledged by nothing yet");
   * wal.closeSync(); // and now it is on disk
   * rmSync(directory, { recursive: true });
   * ```
   */
  closeSync(): void {
    if (this.closing !== undefined) {
      if (this.writer.end === undefined) this.writer.flushSync();
      return;
    }
    const blocking = this.writer.requireBlocking("close");
    try {
      if (!this.writer.health.isFailureReported) this.writer.flushSync();
    } finally {
      this.#leave(blocking);
    }
  }

  /** Releases all that can be released at once. */
  #leave(blocking: BlockingCalls): void {
    try {
      this.closing = Promise.resolve();
      this.#forgetExit();
      this.endUpkeep();
      this.reads.close().catch(() => {});
      this.writer.stop();
      this.writer.mode.end().catch(() => {});
      // A status stays where it is: without the lock, it is another owner's.
      this.#monitor.stop().catch(() => {});
    } finally {
      blocking.release();
    }
  }

  /** The same as {@linkcode Wal.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Begins what goes on while the log is open. */
  async #begin(options: CheckedOptions): Promise<void> {
    await this.#monitor.begin(options);
    if (options.atExit !== undefined) await this.#watchExit(options.atExit);
    await this.beginUpkeep();
  }

  async #watchExit(atExit: "warn" | "flush"): Promise<void> {
    const { watchExit } = await import("./log/at_exit.ts");
    const log = {
      location: this.#log.location ?? this.#log.files?.location ?? "a log",
      lost: () =>
        this.lastLsn - this.writtenLsn + this.writer.load.waitingRecords,
      closeSync: () => this.closeSync(),
      warn: (message: string) => this.options.warn(message),
    };
    this.#forgetExit = watchExit(log, atExit);
  }

  async #close(): Promise<void> {
    if (this.reads.loading.size > 0) await this.reads.begun();
    const readsClosed = this.reads.close();
    const upkeepEnds = this.endUpkeep();
    try {
      await this.writer.drain();
    } finally {
      this.writer.stop();
      // The lock is released whatever becomes of them.
      const ends = [
        this.writer.mode.end(),
        this.#monitor.stop(),
        upkeepEnds(),
        readsClosed,
      ];
      await Promise.allSettled(ends);
      this.#forgetExit();
      await this.#log.close(!this.writer.hasFailed);
    }
  }
}

/** What `Wal.on` tells, by the name of the event. */
export interface WalEvents {
  /** A flush that has ended. */
  flush: FlushReport;
  /** A sync that has ended. */
  sync: SyncReport;
  /** How the log is from now on. */
  health: Health;
  /** An alert that was raised or cleared. */
  alert: Alert;
}

/** The writer of a log; what few logs need is loaded on demand. */
async function makeWriter(
  log: FrameLog,
  options: CheckedOptions,
  policy: BatchPolicy | undefined,
): Promise<Writer> {
  const { trace } = options;
  let name = policy === undefined ? "leader" : trace?.policy;
  if (policy === undefined && log.batching !== undefined) {
    const { choosePolicy } = await import("./log/choose_policy.ts");
    name = choosePolicy(log.batching, options);
  }
  if (trace === undefined) return new Writer(log, options);
  const { TracedWriter } = await import("./trace/traced_writer.ts");
  return new TracedWriter(log, options, trace, name);
}

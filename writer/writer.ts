import type { BlockingCalls, FrameLog } from "../storage/frame_log.ts";
import { orAborted } from "./abort.ts";
import type { AckLevel } from "./acks.ts";
import type { Hold } from "./append_queue.ts";
import type { FlushMode } from "./flush_mode.ts";
import type { FlushStats } from "./flush_stats.ts";
import { Flusher, type WriterOptions } from "./flusher.ts";
import type { LogHealth } from "./log_health.ts";
import type { Readers } from "./readers.ts";
import { type FlushReceipt, Receipts } from "./receipts.ts";
import type { AppendRequest, RecordInput } from "./record.ts";

/** What waits in a writer. */
export interface WriterLoad {
  /** Records in the queue, with those that are being flushed. */
  readonly queuedRecords: number;
  /** Their bytes, including their lengths. */
  readonly queuedBytes: number;
  /** Records that wait for room in the queue. */
  readonly waitingRecords: number;
  /** Their bytes, including their lengths. */
  readonly waitingBytes: number;
  /** Calls that wait for room, or for an acknowledgement. */
  readonly waiters: number;
  /** When the oldest record arrived that is queued; `NaN` if none is. */
  readonly oldestAt: number;
}

/** The calls on a log that write to it, and wait for what was written. */
export class Writer {
  readonly #log: FrameLog;
  readonly #flusher: Flusher;
  /** LSN of the last record that was there when the log was opened. */
  #openedLsn: number;
  #options: WriterOptions;
  #receipts: Receipts | undefined;
  /** Called when the log closes and all that was appended is answered. */
  onStopped: (() => void) | undefined;

  /** Continues where `log` ends. */
  constructor(log: FrameLog, options: WriterOptions) {
    this.#log = log;
    this.#options = options;
    this.#openedLsn = log.lastLsn;
    this.#flusher = new Flusher(log, options);
  }

  /** LSN of the last record that has a place in the queue. */
  get lastLsn(): number {
    return this.#flusher.queue.lastLsn;
  }

  /** LSN up to which records have reached `level`. */
  reached(level: AckLevel): number {
    if (level === "memory") return this.lastLsn;
    const { writtenLsn, durableLsn } = this.#flusher.acks;
    return level === "os" ? writtenLsn : durableLsn;
  }

  /** Those who read the log meanwhile. */
  get readers(): Readers {
    return this.#flusher.readers;
  }

  /** What it has done since it was opened. */
  get stats(): FlushStats {
    return this.#flusher.stats;
  }

  /** Whether it can go on, and what does not work. */
  get health(): LogHealth {
    return this.#flusher.health;
  }

  /** Whether a failure has stopped the log. */
  get hasFailed(): boolean {
    return this.health.failure !== undefined;
  }

  /** Why nothing follows: the log is closed, or has failed. */
  get end(): "closed" | Error | undefined {
    return this.#flusher.end;
  }

  /** What waits: in the queue, for room in it, and for acknowledgements. */
  get load(): WriterLoad {
    const { queue, appends, acks } = this.#flusher;
    return {
      queuedRecords: queue.records,
      queuedBytes: queue.bytes,
      waitingRecords: appends.waitingRecords,
      waitingBytes: appends.waitingBytes,
      waiters: acks.waiters + appends.waiters,
      oldestAt: queue.oldestAt,
    };
  }

  /** Throws if the log has failed, or has dropped records unnoticed. */
  requireHealth(): void {
    const { failure, drop } = this.health;
    if (failure || drop) this.health.report();
  }

  /** Queues one record, waiting for room if necessary. */
  append(record: RecordInput, size: number, level: AckLevel): Promise<number> {
    this.requireHealth();
    const flusher = this.#flusher;
    flusher.askSoon();
    const lsn = flusher.appends.add(record, size, level);
    if (lsn > 0) {
      // It waits first: what is handed over may fail at once.
      const acked = flusher.acks.wait(lsn, level);
      if (lsn >= flusher.mode.handOverLsn) flusher.handOver();
      return acked;
    }
    const one = { count: 1, records: [record], sizes: [size], bytes: size };
    const request = { ...one, level };
    return this.#waitForRoom(request, (last) => last);
  }

  /**
   * Queues records that share a frame; resolves with what `answer` makes of the
   * last LSN.
   */
  appendTogether<Answer>(
    request: AppendRequest,
    answer: (lastLsn: number) => Answer,
  ): Promise<Answer> {
    // Here, because an iterable or a codec may have aborted it.
    if (request.signal?.aborted) throw request.signal.reason;
    this.requireHealth();
    const flusher = this.#flusher;
    flusher.askSoon();
    const lsn = flusher.appends.addTogether(request);
    if (lsn === 0) return this.#waitForRoom(request, answer);
    const answered = new Promise<Answer>((resolve, reject) =>
      flusher.acks.answer(lsn, request, answer(lsn), { resolve, reject })
    );
    if (lsn >= flusher.mode.handOverLsn) flusher.handOver();
    return answered;
  }

  /** Queues one record, or throws if there is no room. */
  enqueue(record: RecordInput, size: number, level: AckLevel): number {
    this.requireHealth();
    const flusher = this.#flusher;
    flusher.askSoon();
    const lsn = flusher.appends.add(record, size, level);
    if (lsn >= flusher.mode.handOverLsn) flusher.handOver();
    if (lsn > 0) return lsn;
    flusher.press();
    throw flusher.appends.queueFull();
  }

  /** Resolves once the queued record `lsn` has reached `level`. */
  settled(lsn: number, level: AckLevel, signal?: AbortSignal): Promise<number> {
    const { acks } = this.#flusher;
    if (acks.reached(lsn, level)) return Promise.resolve(lsn);
    this.requireHealth();
    if (level === "disk") this.#flusher.demandSync(lsn);
    return acks.settled(lsn, level, signal);
  }

  /** Flushes and syncs everything appended before the call. */
  async flush(signal?: AbortSignal): Promise<number> {
    const { appends, acks } = this.#flusher;
    await orAborted(appends.drained(), signal);
    this.requireHealth();
    const lsn = this.lastLsn;
    if (lsn <= acks.durableLsn) return lsn;
    this.#flusher.demand(lsn);
    this.#flusher.demandSync(lsn);
    return await acks.settled(lsn, "disk", signal);
  }

  /**
   * Applies new options to what is appended from now on. What was appended
   * before is flushed whatever the new policy says, and synced if the time until
   * its sync would change; resolves once it is.
   */
  async configure(options: WriterOptions): Promise<void> {
    this.requireHealth();
    const { policy, syncIntervalMs } = this.#options;
    this.#options = options;
    const isOfAge = options.syncIntervalMs !== syncIntervalMs;
    if (!isOfAge && options.policy === policy) {
      return this.#flusher.configure(options);
    }
    const level = isOfAge ? "disk" : "os";
    const { lastLsn } = this;
    const last = this.#flusher.appends.lastAppended();
    this.#flusher.configure(options);
    const fences = [this.#fence(lastLsn, level)];
    if (typeof last !== "number") {
      fences.push(last.then((lsn) => this.#fence(lsn, level)));
    }
    await Promise.all(fences);
  }

  /** Where flushes take place. */
  get mode(): FlushMode {
    return this.#flusher.mode;
  }

  /** Flushes and syncs everything appended, in calls that block. */
  flushSync(): number {
    const blocking = this.requireBlocking("flush");
    this.requireHealth();
    this.#flusher.flushSync(blocking);
    return this.lastLsn;
  }

  /** The calls that block; throws `TypeError` if the log has none. */
  requireBlocking(action: string): BlockingCalls {
    const { blocking } = this.#log;
    if (blocking !== undefined) return blocking;
    throw new TypeError(
      `Cannot ${action} without waiting because the storage does not block`,
    );
  }

  /** The present instant on the log's clock, in ms. */
  now(): number {
    return this.#options.clock.now();
  }

  /** The receipt of record `lsn`, just queued by a call at `calledAt`. */
  receiptOf(lsn: number, calledAt: number): Promise<FlushReceipt> {
    this.#receipts ??= new Receipts(this.stats.listeners);
    return this.#receipts.of(lsn, calledAt);
  }

  /** Resolves when all that waits for room has a place; at once if nothing. */
  placed(): Promise<void> | undefined {
    const { appends } = this.#flusher;
    if (appends.hasWaiting) return appends.drained();
  }

  /**
   * Flushes what was appended, unless the log has failed and a call has already
   * reported it.
   */
  async drain(): Promise<void> {
    const isIdle = this.lastLsn === this.#openedLsn &&
      !this.#flusher.appends.hasWaiting;
    if (isIdle) this.requireHealth();
    else if (!this.health.isFailureReported) await this.flush();
  }

  /**
   * Cuts the log back to record `lsn`: flushes and syncs what was appended
   * before, and holds what is appended after until it is done. Waits for
   * `earlier` first, if that still changes the log.
   */
  async truncateAfter(lsn: number, earlier: Promise<unknown>): Promise<void> {
    this.requireHealth();
    const flusher = this.#flusher;
    await new Promise<void>((resolve, reject) => {
      const run = async () => {
        const problem = await flusher.cutBack(lsn, earlier);
        this.#openedLsn = Math.min(this.#openedLsn, this.lastLsn);
        hold.lift();
        if (problem === undefined) resolve();
        else reject(problem);
      };
      flusher.press();
      flusher.askSoon();
      const hold: Hold = flusher.appends.hold(() => {
        flusher.runAlone(run);
        flusher.askSoon();
      });
      hold.ended.catch(reject);
    });
  }

  /** Replaces the log's metadata; durable once it resolves. */
  async setMeta(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.requireHealth();
    const version = this.#flusher.queue.nextMetaVersion();
    await this.#log.setMeta!({ version, bytes });
  }

  /** Cancels all timers; only called when nothing is in flight. */
  stop(): void {
    this.#flusher.stop();
    this.onStopped?.();
  }

  /** Flushes up to `lsn`; resolves once all of it has reached `level`. */
  async #fence(lsn: number, level: AckLevel): Promise<void> {
    const { acks } = this.#flusher;
    if (acks.reached(lsn, level)) return;
    this.requireHealth();
    this.#flusher.demand(lsn);
    if (level === "disk") this.#flusher.demandSync(lsn);
    await acks.settled(lsn, level, undefined);
  }

  /** A full queue is flushed whatever the policy says, to make room. */
  #waitForRoom<Answer>(
    request: AppendRequest,
    answer: (lastLsn: number) => Answer,
  ): Promise<Answer> {
    const { appends, acks } = this.#flusher;
    const answered = appends.waitForRoom<Answer>(
      request,
      (lsn, call) => acks.answer(lsn, request, answer(lsn), call),
    );
    this.#flusher.press();
    return answered;
  }
}

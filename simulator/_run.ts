import { requireAmount } from "../argument.ts";
import type {
  BatchPolicy,
  FlushReason,
  FlushReport,
} from "../policies/batch_policy.ts";
import { RECORD_HEADER_BYTES } from "../storage/format/mod.ts";
import {
  BatchBounds,
  decideFlush,
  type FlushTimes,
  reportFlush,
} from "../writer/flush_rules.ts";
import { AppendLine, type NumberBatch, NumberQueue } from "./_append_line.ts";
import type { Source } from "./_source.ts";
import type { CostModel } from "./costs.ts";
import { NotedRun, type Simulation } from "./simulation.ts";

/** A policy that puts a batch off this often in a row is not asked again. */
const MOST_PUT_OFFS = 1000;

/** Settings that a log is given while it is open; see `Wal.configure`. */
export interface SettingsChange {
  /**
   * When, in ms. A flush that ends at that instant ends first; appends that
   * arrive at it come after.
   */
  readonly at: number;
  /** The new policy. Default: as it is. */
  readonly policy?: BatchPolicy | undefined;
  /** The new bound of the queue in bytes. Default: as it is. */
  readonly maxQueuedBytes?: number | undefined;
  /** The new bound of the queue in records. Default: as it is. */
  readonly maxQueuedRecords?: number | undefined;
}

/** Options of a run, already checked. */
export interface RunOptions {
  maxQueuedBytes: number;
  maxQueuedRecords: number;
  /** Most flushes in flight at a time. */
  depth: number;
  /** In order of time. */
  changes: readonly SettingsChange[];
  onFlush: (flush: FlushReport, appends: number) => void;
}

interface Flight {
  readonly batch: NumberBatch;
  readonly times: FlushTimes;
}

/** The writer's counterpart: the same steps on numbers, in virtual time. */
export class Run {
  #policy: BatchPolicy;
  readonly #source: Source;
  readonly #costs: CostModel;
  readonly #options: RunOptions;
  #nextChange = 0;
  /** Records up to this LSN are flushed whatever the policy says. */
  #demandedLsn = 0;
  /** All before one of these indexes is demanded once it is placed. */
  readonly #demandedEnds = new Set<number>();
  readonly #queue: NumberQueue;
  readonly #line = new AppendLine();
  readonly #simulation = new NotedRun();
  #now = 0;
  /** Flushes in flight, in order; none ends before the one before it. */
  readonly #flights: Flight[] = [];
  /** How many were ever begun. */
  #begun = 0;
  #wakeAt = Infinity;
  /** Until then the event loop is busy, and no append can be made. */
  #busyUntil = 0;
  #putOffs = 0;
  #pressed = false;
  #closing = false;

  constructor(
    policy: BatchPolicy,
    source: Source,
    costs: CostModel,
    options: RunOptions,
  ) {
    this.#policy = policy;
    this.#source = source;
    this.#costs = costs;
    this.#options = { ...options };
    this.#queue = new NumberQueue(new BatchBounds(policy.limits));
  }

  /** Runs until everything is durable. */
  toEnd(): Simulation {
    while (true) {
      const stirsAt = Math.min(this.#landsAt, this.#wakeAt);
      const arrivesAt = Math.min(this.#source.nextAt, this.#changeAt);
      const nextAt = Math.max(arrivesAt, this.#busyUntil);
      if (stirsAt < Infinity && stirsAt <= nextAt) this.#stir(stirsAt);
      else if (nextAt < Infinity) this.#arrive(nextAt);
      else if (this.#queue.head !== undefined) this.#close();
      else return this.#simulation;
    }
  }

  #stir(now: number): void {
    this.#now = now;
    if (this.#landsAt > now) return this.#ask();
    let records = 0;
    while (this.#landsAt <= now) {
      const flight = this.#flights.shift()!;
      records += flight.batch.records;
      this.#complete(flight);
    }
    this.#askAfterTurn(records + this.#takeIn());
  }

  /** When the event loop hears of the end of the oldest flush in flight. */
  get #landsAt(): number {
    const endsAt = this.#flights[0]?.times.endedAt ?? Infinity;
    return Math.max(endsAt, this.#busyUntil);
  }

  /** When settings change next. */
  get #changeAt(): number {
    return this.#options.changes[this.#nextChange]?.at ?? Infinity;
  }

  /** Makes the changes that are due: what came before is flushed. */
  #takeChanges(): void {
    while (this.#changeAt <= this.#now) {
      const { policy, ...bounds } = this.#options.changes[this.#nextChange++];
      const { maxQueuedBytes, maxQueuedRecords } = this.#options;
      this.#options.maxQueuedBytes = bounds.maxQueuedBytes ?? maxQueuedBytes;
      this.#options.maxQueuedRecords = bounds.maxQueuedRecords ??
        maxQueuedRecords;
      this.#putOffs = 0;
      if (policy !== undefined && policy !== this.#policy) {
        this.#policy = policy;
        this.#demandedLsn = this.#queue.lastLsn;
        this.#demandedEnds.add(this.#line.end);
        this.#queue.updateBounds(policy);
      }
      this.#place();
    }
  }

  #arrive(now: number): void {
    this.#now = now;
    const appends = this.#takeIn();
    if (this.#hasFreeFlight) this.#askAfterTurn(appends);
  }

  get #hasFreeFlight(): boolean {
    return this.#flights.length < this.#options.depth;
  }

  /** The policy is asked when all that a turn brings about is done. */
  #askAfterTurn(calls: number): void {
    if (this.#queue.head === undefined) return this.#ask();
    const turnMs = requireAmount(
      "simulate",
      "turnMs",
      this.#costs.turnMs?.(this.#now, calls) ?? 0,
    );
    if (turnMs === 0) return this.#ask();
    this.#wakeAt = this.#busyUntil = this.#now + turnMs;
  }

  /** Nothing else can happen: closes the log, which drains it. */
  #close(): void {
    this.#closing = true;
    this.#ask();
  }

  /** Everything that arrives at one instant arrives in one turn; counts it. */
  #takeIn(): number {
    const source = this.#source;
    let appends = 0;
    this.#putOffs = 0;
    this.#takeChanges();
    while (source.nextAt <= this.#now) {
      const caller = source.nextCaller;
      const { bytes, records = 1 } = source.take();
      const size = bytes + records * RECORD_HEADER_BYTES;
      this.#line.push(this.#now, size, records, caller);
      appends++;
      this.#place();
      if (this.#line.hasWaiting) this.#pressed = true;
    }
    return appends;
  }

  /** Lets in the appends that wait for room, in order, while there is any. */
  #place(): void {
    const line = this.#line;
    while (line.hasWaiting) {
      const { waitingRecords, waitingBytes } = line;
      if (!this.#hasRoom(waitingRecords, waitingBytes)) return;
      line.place();
      this.#queue.add(waitingRecords, waitingBytes, this.#now, line.placed);
      if (!this.#demandedEnds.delete(line.placed)) continue;
      this.#demandedLsn = this.#queue.lastLsn;
    }
  }

  #hasRoom(records: number, bytes: number): boolean {
    const { maxQueuedBytes, maxQueuedRecords } = this.#options;
    return this.#queue.records === 0 ||
      this.#queue.records + records <= maxQueuedRecords &&
        this.#queue.bytes + bytes <= maxQueuedBytes;
  }

  #ask(): void {
    this.#wakeAt = Infinity;
    while (this.#hasFreeFlight && this.#askOnce());
  }

  /** Whether a flush was begun. */
  #askOnce(): boolean {
    const batch = this.#queue.head;
    if (batch === undefined) return false;
    const decision = decideFlush(this.#policy, batch, this.#now, {
      busy: this.#flights.length > 0,
      sealed: this.#queue.headIsSealed,
      demanded: this.#closing || batch.firstLsn <= this.#demandedLsn,
      pressed: this.#pressed,
    });
    if ("flush" in decision) {
      this.#flush(decision.flush);
      return true;
    }
    if (++this.#putOffs <= MOST_PUT_OFFS) {
      // The same sum as a timer's: it may differ from `waitUntil` by rounding.
      this.#wakeAt = this.#now + Math.max(0, decision.waitUntil - this.#now);
    }
    return false;
  }

  #flush(reason: FlushReason): void {
    const batch = this.#queue.take();
    const { bytes } = batch;
    const startedAt = this.#now;
    const writeMs = requireAmount(
      "simulate",
      "writeMs",
      this.#costs.writeMs(bytes),
    );
    const sentAt = startedAt + writeMs;
    const syncMs = requireAmount(
      "simulate",
      "syncMs",
      this.#costs.syncMs(sentAt, bytes, this.#begun++),
    );
    const endedAt = Math.max(
      sentAt + syncMs,
      this.#flights.at(-1)?.times.endedAt ?? 0,
    );
    // A commit of a pipeline is one call: nobody hears when it was written.
    const writtenAt = this.#options.depth > 1 ? endedAt : sentAt;
    const times = { reason, startedAt, writtenAt, endedAt };
    this.#flights.push({ batch, times });
    if (this.#costs.isBlocking) this.#busyUntil = endedAt;
  }

  #complete({ batch, times }: Flight): void {
    let appends = 0;
    this.#line.takeUntil(batch.end, (at, caller) => {
      appends++;
      this.#simulation.noteAppend(at, this.#now);
      if (!this.#closing) this.#source.acknowledged(caller, this.#now);
    });
    this.#queue.release(batch);
    this.#place();
    this.#pressed = this.#line.hasWaiting;
    const queued = this.#queue.records;
    const report = reportFlush(this.#policy, batch, times, queued);
    this.#queue.updateBounds(this.#policy);
    this.#simulation.noteFlush(report, this.#closing);
    this.#options.onFlush(report, appends);
  }
}

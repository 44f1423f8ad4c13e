import type { ArrivalGroups } from "./_arrivals_seen.ts";
import type { Goal } from "./_goal.ts";
import { FlushTimes } from "./_flush_times.ts";
import { Pace } from "./_pace.ts";
import { NO_WAIT, Occasion, type Wait, WaitTable } from "./_wait_table.ts";
import type { FlushReport, PendingBatch } from "./batch_policy.ts";

/** Flushes to remember: few, so that old ones do not hide a change for long. */
const REMEMBERED = 24;

/** Occasions to remember, about: a single one says less. */
const OCCASIONS = 24;

/** Occasions of so long ago count for half, at most. */
const FORGET_MS = 2000;

/** Flushes of so long ago are forgotten, except for the last three. */
const FORGET_FLUSHES_MS = 4000;

/** Flushes between two plans. */
const FLUSHES_A_PLAN = 4;

/** The longest wait, in median flushes. */
const MOST_FLUSHES = 2;

/** After three flushes quicker than the median by that factor, it is too old. */
const QUICKER = 4;

/** A flush that takes longer counts as this many medians. */
const STALLED = 20;

/** A wait that ends exactly at the last arrival would miss it half the time. */
const SLACK = 1.05;

/**
 * The longest wait and flush of a record that arrives during a flush, in the
 * longest of the last flushes. Without a wait, that is up to two of them.
 */
const MOST_LATENCY = 2.15;

/**
 * So many flushes of a new wait are without that bound: it would keep callers
 * that are out of step from coming into step.
 */
const SETTLED = 12;

/** Makes the mean latency low: waits where the last occasions say it pays. */
export class LatencyGoal implements Goal {
  readonly #times = new FlushTimes(REMEMBERED, FORGET_FLUSHES_MS);
  readonly #pace = new Pace();
  readonly #idle: WaitTable;
  readonly #busy: WaitTable;
  readonly #occasion = new Occasion();
  #isBusy = false;
  #readyAt = 0;
  #flushMs = 0;
  #flushes = 0;
  /** The last flush at which busy batches did not wait, or flushes got quick. */
  #busySince = 0;
  /** When the last flush became durable; until then, the log was busy. */
  #busyUntil = -Infinity;
  #medianMs = 0;
  #worstMs = 0;
  /** Whether flushes are much quicker than most of those remembered. */
  #isQuicker = false;
  /** Bound for the wait of a record that arrived during a flush. */
  #bearableMs = 0;
  #whenIdle = NO_WAIT;
  #whenBusy = NO_WAIT;

  /** Chooses from `rungs`. */
  constructor(rungs: readonly number[]) {
    this.#idle = new WaitTable(["oldest"], rungs);
    this.#busy = new WaitTable(["ready", "oldest"], rungs);
  }

  /** At once from the rung on, otherwise once the batch has waited. */
  due(batch: PendingBatch): number {
    const { records, oldestAt } = batch;
    const readyAt = Math.max(oldestAt, this.#busyUntil);
    const pacedAt = Math.min(
      this.#pace.due(batch),
      readyAt + MOST_FLUSHES * this.#worstMs,
    );
    const isBusy = oldestAt <= this.#busyUntil;
    const { rung, from, ms } = isBusy ? this.#whenBusy : this.#whenIdle;
    if (records >= rung) return pacedAt;
    const isFromReady = isBusy && from === "ready";
    const start = isFromReady ? this.#busyUntil : oldestAt;
    const due = start + Math.min(ms, MOST_FLUSHES * this.#medianMs);
    const mostAt = isBusy
      ? Math.max(this.#busyUntil, oldestAt + this.#bearableMs)
      : Infinity;
    return Math.max(pacedAt, Math.min(due, mostAt));
  }

  /** Learns what the flush cost and what arrived before and during it. */
  observe(
    flush: FlushReport,
    groups: ArrivalGroups,
    ready: number,
    mostRecords: number,
  ): void {
    const { oldestAt, startedAt, endedAt } = flush;
    const idleMs = Math.max(0, endedAt - this.#busyUntil);
    if (this.#flushes > 0) this.#learn(groups, idleMs);
    const flushMs = Math.max(0, endedAt - startedAt);
    this.#times.add(flushMs, endedAt);
    const medianMs = this.#times.quantile(0.5);
    const mostMs = QUICKER * this.#times.longestOfLast(3);
    const wasQuicker = this.#isQuicker;
    this.#isQuicker = mostMs < medianMs;
    if (this.#isQuicker) this.#busySince = this.#flushes;
    else if (wasQuicker) this.#startAnew();
    this.#medianMs = Math.min(medianMs, mostMs);
    this.#worstMs = this.#times.quantile(1);
    const isSettled = this.#flushes - this.#busySince >= SETTLED;
    this.#bearableMs = isSettled
      ? MOST_LATENCY * this.#worstMs - this.#medianMs
      : Infinity;
    this.#flushMs = Math.min(flushMs, STALLED * this.#medianMs);
    this.#pace.observe(flush, groups, this.#flushMs);
    this.#isBusy = oldestAt <= this.#busyUntil;
    this.#readyAt = this.#isBusy ? this.#busyUntil : oldestAt;
    this.#occasion.begin(this.#readyAt - oldestAt, ready);
    this.#note(groups);
    this.#busyUntil = endedAt;
    if (++this.#flushes % FLUSHES_A_PLAN > 0) return;
    this.#whenIdle = this.#plan(this.#idle, mostRecords);
    this.#whenBusy = this.#plan(this.#busy, mostRecords);
    if (this.#whenBusy === NO_WAIT) this.#busySince = this.#flushes;
  }

  /** The arrivals during the last flush are known now. */
  #learn(groups: ArrivalGroups, elapsedMs: number): void {
    this.#note(groups);
    const forget = 1 + 1 / OCCASIONS + Math.min(2, elapsedMs / FORGET_MS);
    this.#idle.forget(forget);
    this.#busy.forget(forget);
    const table = this.#isBusy ? this.#busy : this.#idle;
    const meanMs = this.#times.mean(STALLED * this.#medianMs);
    table.add(this.#occasion, meanMs, MOST_FLUSHES * this.#medianMs);
  }

  /** On a quicker device, what older occasions would have gained is wrong. */
  #startAnew(): void {
    this.#idle.clear();
    this.#busy.clear();
  }

  #note({ at, records, length }: ArrivalGroups): void {
    for (let index = 0; index < length; index++) {
      const ms = at[index] - this.#readyAt;
      if (0 < ms && ms < this.#flushMs) this.#occasion.add(ms, records[index]);
    }
  }

  #plan(table: WaitTable, mostRecords: number): Wait {
    const wait = table.choose(mostRecords, MOST_FLUSHES * this.#medianMs);
    return wait === NO_WAIT ? wait : { ...wait, ms: wait.ms * SLACK };
  }
}

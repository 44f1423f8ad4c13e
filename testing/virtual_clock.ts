import type { Clock } from "../writer/clock.ts";

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

const MOST_TURNS = 100_000;

let loading: Promise<unknown> | undefined;

/** Loads what a log loads when it opens: virtual time would not wait for it. */
function loadLog(): Promise<unknown> {
  loading ??= Promise.all([
    import("../backup/backup_log.ts"),
    import("../checkpoint/checkpoint.ts"),
    import("../checkpoint/restore.ts"),
    import("../monitor/alert_watch.ts"),
    import("../monitor/live_status.ts"),
    import("../monitor/status_writer.ts"),
    import("../reader/cursors/mod.ts"),
    import("../reader/on_demand.ts"),
    import("../recovery/open_segments.ts"),
    import("../recovery/salvage/mod.ts"),
    import("../trace/trace_recorder.ts"),
    import("../trace/traced_writer.ts"),
    import("../upkeep/upkeep.ts"),
  ]);
  return loading;
}

/**
 * A controllable clock for tests: turns end and time passes only when asked. It
 * begins at 0 ms.
 *
 * With it, a log makes the same flushes in every run and on every runtime.
 *
 * @example
 * ```ts
 * import { AgePolicy, Wal } from "@syncline/wal";
 * import { MemoryStorage } from "@syncline/wal/storage";
 * import { VirtualClock } from "@syncline/wal/testing";
 * import assert from "node:assert/strict";
 *
 * const clock = new VirtualClock();
 * const policy = new AgePolicy({ ms: 3_600_000 });
 * const wal = await Wal.open(new MemoryStorage(), { clock, policy });
 * await clock.run(wal.append("waits an hour, in no time"));
 * assert.deepEqual(clock.now(), 3_600_000);
 * await clock.run(wal.close());
 * ```
 */
export class VirtualClock implements Clock {
  #time = 0;
  #skewMs = 0;
  #ends: (() => void)[] = [];
  #timers: Timer[] = [];

  /** Virtual time in ms, which {@linkcode VirtualClock.skew} can set back. */
  now(): number {
    return this.#time + this.#skewMs;
  }

  /** The same, as whole milliseconds since 1970. */
  wallTime(): number {
    return Math.floor(this.now());
  }

  /** Calls back in the next {@linkcode VirtualClock.turn}. */
  endOfTurn(callback: () => void): void {
    this.#ends.push(callback);
  }

  /** Calls back once time has advanced that far; the result cancels it. */
  after(delayMs: number, callback: () => void): () => void {
    const timer = { at: this.#time + Math.max(0, delayMs), callback };
    this.#timers.push(timer);
    return () => this.#drop(timer);
  }

  /** Number of timers that are set. */
  get timers(): number {
    return this.#timers.length;
  }

  /** Shifts {@linkcode VirtualClock.now} by `ms`; timers are not affected. */
  skew(ms: number): void {
    this.#skewMs += ms;
  }

  /** Lets all microtasks run, ends the turn, and lets them run again. */
  async turn(): Promise<void> {
    await microtasks();
    for (const end of this.#ends.splice(0)) end();
    await microtasks();
  }

  /** Runs turns until no callback waits for one; throws if that never ends. */
  async quiet(): Promise<void> {
    await this.turn();
    for (let turn = 0; turn < 2000 && this.#ends.length > 0; turn++) {
      await this.turn();
    }
    if (this.#ends.length > 0) {
      throw new Error("Callbacks still wait for a turn after 2000 turns");
    }
  }

  /**
   * Lets `ms` pass; each timer on the way fires at its due time. At most 100 of
   * them fire, because a policy might keep asking for an instant just ahead.
   */
  async advance(ms: number): Promise<void> {
    await this.quiet();
    const end = this.#time + ms;
    for (let fired = 0; fired < 100; fired++) {
      const next = this.#earliest(end);
      if (next === undefined) break;
      this.#fire(next);
      await this.quiet();
    }
    this.#time = end;
  }

  /**
   * Runs turns, without time passing, until `promise` settles; throws if it
   * hangs.
   */
  async settle<Value>(promise: Promise<Value>): Promise<Value> {
    let settled = false;
    const mark = () => void (settled = true);
    promise.then(mark, mark);
    for (let turn = 0; turn < 2000 && !settled; turn++) await this.turn();
    if (!settled) throw new Error("A promise is not settled after 2000 turns");
    return await promise;
  }

  /**
   * Runs turns, and lets time pass when nothing else happens, until `promise`
   * settles. Throws if nothing can ever settle it.
   */
  async run<Value>(promise: Promise<Value>): Promise<Value> {
    let settled = false;
    const mark = () => void (settled = true);
    promise.then(mark, mark);
    await loadLog();
    let idle = 0;
    for (let turn = 0; !settled && idle < 10 && turn < MOST_TURNS; turn++) {
      await this.turn();
      if (settled || this.#ends.length > 0) continue;
      const next = this.#earliest(Infinity);
      if (next === undefined) idle++;
      else this.#fire(next);
    }
    if (!settled) {
      throw new Error(
        idle === 10
          ? "A promise hangs: no callback waits for a turn, and no timer is set"
          : `A promise is not settled after ${MOST_TURNS} turns`,
      );
    }
    return await promise;
  }

  /** Time never goes back, even for a timer that was passed over. */
  #fire(timer: Timer): void {
    this.#time = Math.max(this.#time, timer.at);
    this.#drop(timer);
    timer.callback();
  }

  #earliest(end: number): Timer | undefined {
    return this.#timers.filter(({ at }) => at <= end)
      .sort((a, b) => a.at - b.at)[0];
  }

  #drop(timer: Timer): void {
    this.#timers = this.#timers.filter((other) => other !== timer);
  }
}

/** A turn of the real event loop, by the end of which all microtasks ran. */
function microtasks(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

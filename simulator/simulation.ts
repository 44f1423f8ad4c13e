import type { FlushReason, FlushReport } from "../policies/batch_policy.ts";
import { noReasons } from "../writer/flush_rules.ts";
import { quantile } from "./quantile.ts";

/** The results of a simulated run. */
export interface Simulation {
  /** Number of flushes. */
  readonly flushes: number;
  /** Records that they made durable. */
  readonly records: number;
  /** Bytes of those records, including their lengths. */
  readonly bytes: number;
  /** How long the device was busy with writes and syncs, one or more, in ms. */
  readonly busyMs: number;
  /** When the first append arrived, in ms; 0 if there was none. */
  readonly startedAt: number;
  /** When the last flush became durable, in ms; 0 if there was none. */
  readonly endedAt: number;
  /** Records that were flushed only because the log was closed. */
  readonly stranded: number;
  /** Number of flushes for each reason. */
  readonly reasons: Readonly<Record<FlushReason, number>>;
  /**
   * Ms from arrival to durability for each append, in order, including the time
   * that it waited for room.
   */
  readonly latencies: Float64Array;
  /** Mean of the latencies in ms, `NaN` if there is none. */
  readonly meanMs: number;
  /** The largest latency in ms, `NaN` if there is none. */
  readonly maxMs: number;
  /** Flushes per second, from the first append to the last flush. */
  readonly flushesPerSecond: number;
  /** Records per second, from the first append to the last flush. */
  readonly recordsPerSecond: number;
  /** Average records per flush, `NaN` if there was none. */
  readonly recordsPerFlush: number;
  /** Share of the time when the device was busy, 0 to 1. */
  readonly busyShare: number;
  /**
   * The latency in ms that a `share` of the appends, 0 to 1, does not exceed:
   * 0.5 is the median, 0.999 is known as p99.9. `NaN` if there is none.
   *
   * Source: the nearest-rank method, so the result is always one of the
   * latencies.
   */
  quantileMs(share: number): number;
}

/** A simulation that adds up the appends and flushes passed to it. */
export class NotedRun implements Simulation {
  flushes = 0;
  records = 0;
  bytes = 0;
  busyMs = 0;
  startedAt = 0;
  endedAt = 0;
  stranded = 0;
  readonly reasons: Record<FlushReason, number> = noReasons();
  readonly #latencies = new GrowingNumbers();
  #sorted: Float64Array | undefined;

  get latencies(): Float64Array {
    return this.#latencies.view();
  }

  get meanMs(): number {
    let sum = 0;
    for (const latency of this.latencies) sum += latency;
    return sum / this.latencies.length;
  }

  get maxMs(): number {
    return this.quantileMs(1);
  }

  get flushesPerSecond(): number {
    return this.#perSecond(this.flushes);
  }

  get recordsPerSecond(): number {
    return this.#perSecond(this.records);
  }

  get recordsPerFlush(): number {
    return this.records / this.flushes;
  }

  get busyShare(): number {
    return this.#perSecond(this.busyMs) / 1000;
  }

  quantileMs(share: number): number {
    if (this.#sorted?.length !== this.latencies.length) {
      this.#sorted = this.latencies.slice().sort();
    }
    return quantile(this.#sorted, share);
  }

  /** Notes the latency of an append. */
  noteAppend(at: number, endedAt: number): void {
    if (this.latencies.length === 0) this.startedAt = at;
    this.#latencies.push(endedAt - at);
  }

  /** Notes a flush. */
  noteFlush(flush: FlushReport, isStranded: boolean): void {
    this.flushes++;
    this.records += flush.records;
    this.bytes += flush.bytes;
    this.busyMs += flush.endedAt - Math.max(flush.startedAt, this.endedAt);
    this.endedAt = flush.endedAt;
    this.reasons[flush.reason]++;
    if (isStranded) this.stranded += flush.records;
  }

  #perSecond(amount: number): number {
    const ms = this.endedAt - this.startedAt;
    return ms > 0 ? amount / ms * 1000 : 0;
  }
}

const FIRST = 1024;

/** A list of numbers, at eight bytes each. */
class GrowingNumbers {
  #numbers = new Float64Array(FIRST);
  #length = 0;

  /** Adds a number at the end. */
  push(number: number): void {
    if (this.#length === this.#numbers.length) {
      const grown = new Float64Array(this.#length * 2);
      grown.set(this.#numbers);
      this.#numbers = grown;
    }
    this.#numbers[this.#length++] = number;
  }

  /** The numbers; they share memory with the list. */
  view(): Float64Array {
    return this.#numbers.subarray(0, this.#length);
  }
}

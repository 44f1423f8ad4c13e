import type { FlushReason, FlushReport } from "../policies/batch_policy.ts";
import { GrowingNumbers } from "./_growing.ts";

/** What came of a simulated run; made by `simulate`. */
export class Simulation {
  /** Number of flushes. */
  flushes = 0;
  /** Records that they made durable. */
  records = 0;
  /** Bytes of those records with their lengths. */
  bytes = 0;
  /** How long the device was busy with writes and syncs, in ms. */
  busyMs = 0;
  /** When the first append came, in ms; 0 if none did. */
  startedAt = 0;
  /** When the last flush was durable, in ms; 0 if there was none. */
  endedAt = 0;
  /** Records that only the log's closing flushed. */
  stranded = 0;
  /** Flushes by their reason. */
  readonly reasons: Record<FlushReason, number> = {
    due: 0,
    limit: 0,
    idle: 0,
    demand: 0,
    pressure: 0,
    fault: 0,
  };
  readonly #latencies = new GrowingNumbers();
  #sorted: Float64Array | undefined;

  /**
   * Of each append, in order, the ms from when it came until it was durable;
   * the time that it waited for room counts.
   */
  get latencies(): Float64Array {
    return this.#latencies.view();
  }

  /** Mean of the latencies in ms, `NaN` if there is none. */
  get meanMs(): number {
    let sum = 0;
    for (const latency of this.latencies) sum += latency;
    return sum / this.latencies.length;
  }

  /** The largest latency in ms, `NaN` if there is none. */
  get maxMs(): number {
    return this.quantileMs(1);
  }

  /** Flushes a second from the first append to the last flush. */
  get flushesPerSecond(): number {
    return this.#perSecond(this.flushes);
  }

  /** Records a second from the first append to the last flush. */
  get recordsPerSecond(): number {
    return this.#perSecond(this.records);
  }

  /** Records of a flush on average, `NaN` if there was none. */
  get recordsPerFlush(): number {
    return this.records / this.flushes;
  }

  /** Share of the time in which the device was busy, 0 to 1. */
  get busyShare(): number {
    return this.#perSecond(this.busyMs) / 1000;
  }

  /**
   * The latency in ms that a `share` of the appends, 0 to 1, does not exceed:
   * 0.5 is the median, 0.999 is known as p99.9. `NaN` if there is none.
   *
   * Source: the nearest rank, so it is always one of the latencies.
   */
  quantileMs(share: number): number {
    if (this.#sorted?.length !== this.latencies.length) {
      this.#sorted = this.latencies.slice().sort();
    }
    const { length } = this.#sorted;
    const rank = Math.min(length, Math.max(1, Math.ceil(share * length)));
    return this.#sorted[rank - 1] ?? NaN;
  }

  /** Notes the latency of an append. */
  noteAppend(at: number, durableAt: number): void {
    if (this.latencies.length === 0) this.startedAt = at;
    this.#latencies.push(durableAt - at);
  }

  /** Notes a flush. */
  noteFlush(flush: FlushReport, isStranded: boolean): void {
    this.flushes++;
    this.records += flush.records;
    this.bytes += flush.bytes;
    this.busyMs += flush.durableAt - flush.startedAt;
    this.endedAt = flush.durableAt;
    this.reasons[flush.reason]++;
    if (isStranded) this.stranded += flush.records;
  }

  #perSecond(amount: number): number {
    const ms = this.endedAt - this.startedAt;
    return ms > 0 ? amount / ms * 1000 : 0;
  }
}

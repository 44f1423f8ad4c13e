import type { FlushReason, FlushReport } from "../policies/batch_policy.ts";
import { GrowingNumbers } from "./_growing.ts";
import type { Simulation } from "./simulation.ts";

/** A simulation in the making: what it is told of adds up. */
export class NotedRun implements Simulation {
  flushes = 0;
  records = 0;
  bytes = 0;
  busyMs = 0;
  startedAt = 0;
  endedAt = 0;
  stranded = 0;
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

import { quantile } from "../../simulator/quantile.ts";

/** Notes latencies, up to a number of them; later ones are left out. */
export class LatencyLog {
  readonly #values: Float64Array;
  #count = 0;

  /** Room for `capacity` latencies. */
  constructor(capacity = 2_000_000) {
    this.#values = new Float64Array(capacity);
  }

  /** Notes a latency in ms. */
  note(ms: number): void {
    if (this.#count < this.#values.length) this.#values[this.#count++] = ms;
  }

  /** The latencies at each of the shares. */
  at(shares: readonly number[]): number[] {
    const sorted = this.#values.slice(0, this.#count).sort();
    return shares.map((share) => quantile(sorted, share));
  }
}

/** What one measurement found. */
export interface Measured {
  /** Records acknowledged while the clock ran. */
  readonly records: number;
  /** How long it ran, in ms. */
  readonly elapsedMs: number;
  /** Records that became durable per second. */
  readonly opsPerSecond: number;
  /** Latencies in ms at each of {@linkcode SHARES}. */
  readonly latencies: readonly number[];
  /** Records a second in each slice of {@linkcode SLICE_MS} or more. */
  readonly slices: readonly number[];
}

/** Short enough that a neighbour's burst spoils few slices. */
export const SLICE_MS = 20;

/** The shares at which latencies are kept, enough to draw their curve. */
export const SHARES: readonly number[] = [
  ...Array.from({ length: 99 }, (_, index) => (index + 1) / 100),
  ...[0.995, 0.999, 0.9995, 0.9999, 1],
];

/** Counts acks and latencies after the warm-up. */
export class Stopwatch {
  /** Acks since the beginning; each caller adds its own. */
  records = 0;
  /** Whether the time is up. */
  isOver = false;
  readonly #latencies: LatencyLog;
  readonly #warmUntil: number;
  readonly #runMs: number;
  #startedAt = 0;
  #recordsBefore = 0;
  #recordsAfter = 0;
  #endedAt = 0;
  readonly #slices: number[] = [];
  #sliceAt = 0;
  #sliceRecords = 0;

  /** The clock runs for `seconds` after `warmSeconds` that do not count. */
  constructor(
    warmSeconds: number,
    seconds: number,
    latencies: LatencyLog = new LatencyLog(),
  ) {
    this.#latencies = latencies;
    this.#warmUntil = performance.now() + warmSeconds * 1000;
    this.#runMs = seconds * 1000;
  }

  /** Notes a latency; returns the instant. */
  note(since: number): number {
    const now = performance.now();
    if (this.isOver) return now;
    if (this.#startedAt > 0) {
      this.#latencies.note(now - since);
      if (now - this.#sliceAt >= SLICE_MS) this.#slice(now);
      if (now - this.#startedAt < this.#runMs) return now;
      this.isOver = true;
      this.#endedAt = now;
      this.#recordsAfter = this.records;
    } else if (now >= this.#warmUntil) {
      this.#startedAt = this.#sliceAt = now;
      this.#recordsBefore = this.#sliceRecords = this.records;
    }
    return now;
  }

  /** What was found, when the time is up. */
  read(): Measured {
    const records = this.#recordsAfter - this.#recordsBefore;
    const elapsedMs = this.#endedAt - this.#startedAt;
    return {
      records,
      elapsedMs,
      opsPerSecond: records / elapsedMs * 1000,
      latencies: this.#latencies.at(SHARES),
      slices: this.#slices,
    };
  }

  #slice(now: number): void {
    const records = this.records - this.#sliceRecords;
    this.#slices.push(Math.round(records / (now - this.#sliceAt) * 1000));
    this.#sliceAt = now;
    this.#sliceRecords = this.records;
  }
}

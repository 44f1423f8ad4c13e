/** Latencies kept at most; later ones are left out. */
const CAPACITY = 2_000_000;

/** What one measurement found. */
export interface Measured {
  /** Records acknowledged while the clock ran. */
  readonly records: number;
  /** How long it ran, in ms. */
  readonly elapsedMs: number;
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

/** Counts acks and latencies, once the warm-up is over. */
export class Stopwatch {
  /** Acks since the beginning; whoever gets one adds to it. */
  records = 0;
  /** Whether the time is up. */
  isOver = false;
  readonly #latencies: Float64Array;
  readonly #warmUntil: number;
  readonly #runMs: number;
  #count = 0;
  #startedAt = 0;
  #recordsBefore = 0;
  #recordsAfter = 0;
  #endedAt = 0;
  readonly #slices: number[] = [];
  #sliceAt = 0;
  #sliceRecords = 0;

  /** The clock runs for `seconds` after `warmSeconds` that do not count. */
  constructor(warmSeconds: number, seconds: number, capacity = CAPACITY) {
    this.#latencies = new Float64Array(capacity);
    this.#warmUntil = performance.now() + warmSeconds * 1000;
    this.#runMs = seconds * 1000;
  }

  /** Notes a latency; returns the instant. */
  note(since: number): number {
    const now = performance.now();
    if (this.isOver) return now;
    if (this.#startedAt > 0) {
      if (this.#count < this.#latencies.length) {
        this.#latencies[this.#count++] = now - since;
      }
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
    const sorted = this.#latencies.subarray(0, this.#count).sort();
    return {
      records: this.#recordsAfter - this.#recordsBefore,
      elapsedMs: this.#endedAt - this.#startedAt,
      latencies: SHARES.map((share) => nearestRank(sorted, share)),
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

/** The nearest-rank percentile of ascending values. */
export function nearestRank(ascending: Float64Array, share: number): number {
  const rank = Math.ceil(share * ascending.length);
  return ascending[Math.max(rank, 1) - 1] ?? NaN;
}

/** Buckets of each power of two: a value is known to about 3 %. */
const SUB_BITS = 5;
const SUBS = 1 << SUB_BITS;

/** Buckets for all integers below 2 ** 32. */
const BUCKETS = (33 - SUB_BITS) * SUBS;

/** Larger values count as this one. */
const MOST = 2 ** 32 - 1;

/** Values that were counted, and how they are distributed. */
export interface Distribution {
  /** Number of values. */
  readonly count: number;
  /** Sum of the values. */
  readonly sum: number;
  /** The largest value; 0 if there is none. */
  readonly max: number;
  /** Mean of the values; `NaN` if there is none. */
  readonly mean: number;
  /**
   * The value that a `share` of all, 0 to 1, does not exceed: 0.5 is the median.
   * It is at most 3 % too large; `NaN` if there is none.
   */
  quantile(share: number): number;
  /** How many values are at most `value`, as exactly as quantiles are. */
  countUpTo(value: number): number;
}

/** A histogram as JSON: what it counted, and how much of it in each bucket. */
export interface HistogramJson {
  readonly count: number;
  readonly sum: number;
  readonly max: number;
  /** Number of a bucket, then its count, and so on; without empty buckets. */
  readonly buckets: readonly number[];
}

/**
 * Counts values in buckets whose width grows with the value, so that a quantile
 * is off by at most 1 part in 32. It takes 7 kB, whatever it counts, and adding
 * to it allocates nothing.
 *
 * Source: HdrHistogram by Gil Tene, with 5 bits of precision.
 */
export class Histogram implements Distribution {
  readonly #counts = new Float64Array(BUCKETS);
  /** Steps of counting in a unit of the values. */
  readonly #scale: number;
  #count = 0;
  #sum = 0;
  #max = 0;

  /** Counts values in steps of 1 / `scale`: 1000 for ms to the microsecond. */
  constructor(scale = 1) {
    this.#scale = scale;
  }

  /** What was counted elsewhere, with the same `scale`. */
  static fromJson(
    { count, sum, max, buckets }: HistogramJson,
    scale: number,
  ): Histogram {
    const made = new Histogram(scale);
    for (let at = 0; at < buckets.length; at += 2) {
      made.#counts[buckets[at]] = buckets[at + 1];
    }
    made.#count = count;
    made.#sum = sum;
    made.#max = max;
    return made;
  }

  /** Number of values. */
  get count(): number {
    return this.#count;
  }

  /** Sum of the values. */
  get sum(): number {
    return this.#sum;
  }

  /** The largest value; 0 if there is none. */
  get max(): number {
    return this.#max;
  }

  /** Mean of the values; `NaN` if there is none. */
  get mean(): number {
    return this.#sum / this.#count;
  }

  /** Counts a value, of at least 0. */
  add(value: number): void {
    // A clock that a test sets back must not spoil the figures.
    const counted = value > 0 ? value : 0;
    this.#counts[bucketOf(Math.min(counted * this.#scale + 0.5, MOST))]++;
    this.#count++;
    this.#sum += counted;
    if (counted > this.#max) this.#max = counted;
  }

  /**
   * The value that a `share` of all, 0 to 1, does not exceed, at most 3 % too
   * large; `NaN` if there is none.
   */
  quantile(share: number): number {
    if (this.#count === 0) return NaN;
    let left = Math.max(1, Math.ceil(share * this.#count));
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      left -= this.#counts[bucket];
      if (left <= 0) return Math.min(endOf(bucket) / this.#scale, this.#max);
    }
    return this.#max;
  }

  /** How many values are at most `value`, as exactly as quantiles are. */
  countUpTo(value: number): number {
    if (!(value >= 0)) return 0;
    const last = bucketOf(Math.min(value * this.#scale + 0.5, MOST));
    let count = 0;
    for (let bucket = 0; bucket <= last; bucket++) {
      count += this.#counts[bucket];
    }
    return count;
  }

  /** A copy of what it has counted so far. */
  copy(): Histogram {
    const copy = new Histogram(this.#scale);
    copy.#counts.set(this.#counts);
    copy.#count = this.#count;
    copy.#sum = this.#sum;
    copy.#max = this.#max;
    return copy;
  }

  /** The same as JSON; a few hundred bytes, as a rule. */
  toJSON(): HistogramJson {
    const buckets: number[] = [];
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const count = this.#counts[bucket];
      if (count > 0) buckets.push(bucket, count);
    }
    return { count: this.#count, sum: this.#sum, max: this.#max, buckets };
  }

  /** What was counted after `earlier`, a copy; the largest value is a bound. */
  since(earlier: Histogram): Histogram {
    const rest = this.copy();
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      rest.#counts[bucket] -= earlier.#counts[bucket];
    }
    rest.#count -= earlier.#count;
    rest.#sum -= earlier.#sum;
    const last = rest.#counts.findLastIndex((count) => count > 0);
    rest.#max = Math.min(this.#max, last < 0 ? 0 : endOf(last) / this.#scale);
    return rest;
  }
}

/** The bucket of a value from 0 to {@linkcode MOST}; fractions are cut off. */
function bucketOf(value: number): number {
  const whole = value >>> 0;
  if (whole < SUBS) return whole;
  const shift = 31 - Math.clz32(whole) - SUB_BITS;
  return (shift << SUB_BITS) + (whole >>> shift);
}

/** The largest value that counts in a bucket. */
function endOf(bucket: number): number {
  if (bucket < SUBS) return bucket;
  const shift = (bucket >> SUB_BITS) - 1;
  const first = (SUBS + (bucket & SUBS - 1)) * 2 ** shift;
  return first + 2 ** shift - 1;
}

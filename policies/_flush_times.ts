/** However slow the log is, this many flushes are remembered. */
const LEAST = 3;

/** How long the latest flushes took, sorted whenever one is added. */
export class FlushTimes {
  readonly #most: number;
  readonly #forgetMs: number;
  /** A ring: durations in the order of the flushes, and when they ended. */
  readonly #durations: Float64Array;
  readonly #endedAt: Float64Array;
  readonly #sorted: Float64Array;
  #first = 0;
  #length = 0;

  /** Remembers `most` flushes, but at most three that are older than that. */
  constructor(most: number, forgetMs: number) {
    this.#most = most;
    this.#forgetMs = forgetMs;
    this.#durations = new Float64Array(most);
    this.#endedAt = new Float64Array(most);
    this.#sorted = new Float64Array(most);
  }

  /** Adds a flush. */
  add(ms: number, endedAt: number): void {
    while (this.#isFull(endedAt)) this.#forget();
    const slot = (this.#first + this.#length) % this.#most;
    this.#durations[slot] = ms;
    this.#endedAt[slot] = endedAt;
    this.#insert(ms);
  }

  /** Number of flushes remembered. */
  get length(): number {
    return this.#length;
  }

  /** The longest of the last `count` flushes, up to those remembered. */
  longestOfLast(count: number): number {
    let longest = 0;
    for (
      let nth = Math.max(0, this.#length - count);
      nth < this.#length;
      nth++
    ) {
      const ms = this.#durations[(this.#first + nth) % this.#most];
      longest = Math.max(longest, ms);
    }
    return longest;
  }

  /** The duration that a `share` of the flushes does not exceed; 0 if none. */
  quantile(share: number): number {
    const rank = Math.ceil(share * this.#length);
    return this.#sorted[Math.max(0, rank - 1)];
  }

  /** The mean duration, where none counts for more than `most`; 0 if none. */
  mean(most: number): number {
    let sum = 0;
    for (let index = 0; index < this.#length; index++) {
      sum += Math.min(most, this.#sorted[index]);
    }
    return sum / Math.max(1, this.#length);
  }

  #isFull(now: number): boolean {
    if (this.#length === this.#most) return true;
    return this.#length > LEAST &&
      this.#endedAt[this.#first] < now - this.#forgetMs;
  }

  #forget(): void {
    const sorted = this.#sorted;
    const ms = this.#durations[this.#first];
    this.#first = (this.#first + 1) % this.#most;
    this.#length--;
    let index = 0;
    while (index < this.#length && sorted[index] < ms) index++;
    sorted.copyWithin(index, index + 1, this.#length + 1);
  }

  #insert(ms: number): void {
    const sorted = this.#sorted;
    let index = this.#length++;
    for (; index > 0 && sorted[index - 1] > ms; index--) {
      sorted[index] = sorted[index - 1];
    }
    sorted[index] = ms;
  }
}

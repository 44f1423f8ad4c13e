/** LSNs without gaps: what `appendBatch` gave to its records. */
export interface LsnRange {
  /** LSN of the first record. */
  first: number;
  /** LSN of the last record. */
  last: number;
}

/** The `length` LSNs up to `last`. */
export function rangeTo(last: number, length: number): LsnRange {
  return { first: last - length + 1, last };
}

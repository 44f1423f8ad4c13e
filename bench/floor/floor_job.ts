/** What the worker is told. */
export interface FloorJob {
  /** Names of the contenders; the first is what the others are held against. */
  readonly contenders: readonly string[];
  /** The name of a case. */
  readonly situation: string;
  /** How often each has its turn. */
  readonly rounds: number;
  /** How long a turn is. */
  readonly turnMs: number;
  /** An empty directory. */
  readonly directory: string;
}

/** What it found of one contender. */
export interface FloorFound {
  readonly contender: string;
  /** Microseconds for each group of records: one in each round. */
  readonly groupUs: readonly number[];
}

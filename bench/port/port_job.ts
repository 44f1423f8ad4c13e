/** How a sender appends. */
export type CaseName = "append" | "batch" | "json";

/** What the worker does. */
export interface PortJob {
  readonly load: CaseName;
  /** Senders, on all threads together. */
  readonly senders: number;
  /** Threads that have ports. */
  readonly threads: number;
  /** The policy of the logs, in its notation. */
  readonly policy: string;
  /** How long each side appends in each round, in ms. */
  readonly sliceMs: number;
  readonly rounds: number;
}

/** A side's figures, each the median of all rounds. */
export interface Side {
  readonly recordsPerSecond: number;
  readonly recordsPerFlush: number;
  readonly flushesPerSecond: number;
  /** CPU time of the process, in cores. */
  readonly cores: number;
  /** The median of an append's latency, in ms. */
  readonly latencyMs: number;
}

/** What was found. */
export interface PortFound {
  readonly one: Side;
  readonly ports: Side;
  /** Rate by ports over rate on one thread, the median of all rounds. */
  readonly ratio: number;
  /**
   * How long it takes until all threads have answered a message that says
   * nothing, in us: the median.
   */
  readonly echoUs: number;
  /** The lowest and the highest ratio. */
  readonly ratios: readonly [number, number];
}

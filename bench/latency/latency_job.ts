/** The shares at which latencies are kept; the last is the maximum. */
export const LATENCY_SHARES: readonly number[] = [0.5, 0.99, 0.999, 1];

/** What a worker is told. */
export interface LatencyJob {
  readonly setup: string;
  readonly rate: number;
  readonly seconds: number;
  readonly seed: number;
  readonly bytes: number;
}

/** What it answers. */
export interface LatencyFound {
  /** In ms, at each of {@linkcode LATENCY_SHARES}. */
  readonly latencies: readonly number[];
  readonly arrived: number;
  readonly unacked: number;
  /** Acks a second from the first arrival to the last ack. */
  readonly ackedPerSecond: number;
}

/** What it answered, and to what. */
export interface LatencySample extends LatencyJob, LatencyFound {
  readonly runtime: "node" | "deno";
  readonly round: number;
}

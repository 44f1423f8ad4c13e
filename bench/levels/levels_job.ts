import type { Synchronous } from "../../wal_options.ts";
import type { AckLevel } from "../../writer/acks.ts";
import type { Flushing } from "../../writer/flush_mode.ts";

/** When a log syncs, and what an append waits for. */
export interface Level {
  readonly name: string;
  readonly synchronous: Synchronous;
  readonly ack: AckLevel;
}

/** Every ack level at every setting of `synchronous`. */
export const levels: readonly Level[] = (["full", "normal", "off"] as const)
  .flatMap((synchronous) =>
    (["disk", "os", "memory"] as const).map((ack) => ({
      name: `${synchronous}, ${ack}`,
      synchronous,
      ack,
    }))
  );

/** Where flushes take place, in each of the experiments. */
export const flushings: readonly Flushing[] = ["inline", "thread"];

/** The application with its log switched off, in the place of a level. */
export const NO_LOG = "no log";

/** Senders of batches at the same time, as in the second case. */
export const SENDERS = 32;

/** Records of a batch. */
export const BATCH_RECORDS = 2000;

/** What the worker measures: one cell of the tables. */
export interface LevelsJob {
  /** The name of a level, or {@linkcode NO_LOG}. */
  readonly level: string;
  /** Where flushes take place; it says nothing without a log. */
  readonly flushing: Flushing;
  /** Where the log is: on the disk, or in memory. */
  readonly place: Place;
  readonly warmSeconds: number;
  readonly seconds: number;
  /** Arrivals per second in the open loop. */
  readonly rate: number;
  /** Room in the queue for the batches of all senders. */
  readonly maxQueuedRecords: number;
}

/** A directory to measure in. */
export type Place = "disk" | "tmpfs";

/** What was found. */
export interface LevelsFound {
  /** Acks per second of 64 callers with records of 100 B. */
  readonly callersPerSecond: number;
  /** Records acknowledged per second to senders of batches. */
  readonly batchedPerSecond: number;
  /** Latencies of the open loop in ms: p50, p99 and the largest. */
  readonly latencies: readonly number[];
}

/** The shares at which latencies are reported. */
export const LEVEL_SHARES: readonly number[] = [0.5, 0.99, 1];

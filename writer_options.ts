import type { Clock } from "./clock.ts";
import type { BatchPolicy } from "./policies/batch_policy.ts";

/** Options of `Writer`, all of them checked. */
export interface WriterOptions {
  /** When a batch is flushed. */
  policy: BatchPolicy;
  /** The only time there is. */
  clock: Clock;
  /** Most bytes in the queue. */
  maxQueuedBytes: number;
  /** Most records in the queue. */
  maxQueuedRecords: number;
  /** Most bytes of appends that wait for room in the queue. */
  maxWaitingBytes: number;
  /** Most records that wait for room in the queue. */
  maxWaitingRecords: number;
  /** How long written records may stay unsynced, in ms; may be `Infinity`. */
  syncIntervalMs: number;
}

import type { BatchSource } from "../storage/frame_log.ts";
import type { Storage } from "../storage/storage.ts";
import type { AckLevel } from "../writer/acks.ts";

/** What readers and followers use of a log, whether it is written here or not. */
export interface LogSource {
  /** LSN of the oldest record kept, or of the next one if there is none. */
  readonly firstLsn: number;
  /** LSN up to which all records have reached `level`. */
  reached(level: AckLevel): number;
  /** The directory of the log; absent if it has none. */
  readonly files?: Storage | undefined;
  /**
   * Whether it is written here, so that no other process appends: a cursor
   * beyond its last record was cut off then. Default: false.
   */
  readonly isWriter?: boolean | undefined;
  /** Reads the records `from` to `to`, both included; both are written. */
  read(from: number, to: number): BatchSource;
  /**
   * Calls `wake` whenever a level has been reached by more records, or the log
   * was cut back, closed or failed; in the same turn. Returns what ends that.
   */
  onAdvance(wake: () => void): () => void;
  /** Counts how often the log was cut back; never decreases. */
  readonly cuts: number;
  /** The lowest last LSN that a cut after the first `cuts` left; or Infinity. */
  lowestSince(cuts: number): number;
  /** Why nothing follows: the log is closed, or has failed. */
  readonly end: "closed" | Error | undefined;
}

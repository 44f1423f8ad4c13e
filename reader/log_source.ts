import type {
  BatchSource,
  FrameLog,
  RecordBatch,
} from "../storage/frame_log.ts";
import type { Storage } from "../storage/storage.ts";
import type { AckLevel } from "../writer/acks.ts";
import type { LiveTail, Wake } from "../writer/live_tail.ts";

/** What readers and followers use of a log, whether it is written here or not. */
export interface LogSource {
  /** LSN of the oldest record kept, or of the next one if there is none. */
  readonly firstLsn: number;
  /** LSN up to which all records have reached `level`. */
  reached(level: AckLevel): number;
  /** The directory of the log; absent if it has none. */
  readonly files?: Storage | undefined;
  /** What has the cursors that are not in `files`; absent if nothing does. */
  readonly origin?: CursorOrigin | undefined;
  /**
   * Whether it is written here, so that no other process appends: a cursor
   * beyond its last record was cut off then. Default: false.
   */
  readonly isWriter?: boolean | undefined;
  /** Reads the records `from` to `to`, both included; both are written. */
  read(from: number, to: number): BatchSource;
  /**
   * Calls `wake` in the same turn whenever the log was cut back, closed or
   * failed, or `level` (default: `"os"`) has been reached by more records; it
   * may be called without a reason, and does not throw. Returns what ends that.
   */
  onAdvance(wake: Wake, level?: AckLevel): () => void;
  /**
   * Called before `onAdvance`, with what shows followers the end of a log that
   * is written here: it is loaded only for them.
   */
  prepare?(tail: typeof LiveTail): void;
  /** Records near the end that are in memory; absent if none ever are. */
  readonly tail?: RecentRecords | undefined;
  /** Counts how often the log was cut back; never decreases. */
  readonly cuts: number;
  /** The lowest last LSN that a cut after the first `cuts` left; or Infinity. */
  lowestSince(cuts: number): number;
  /** Why nothing follows: the log is closed, or has failed. */
  readonly end: "closed" | Error | undefined;
}

/** A log as its cursors need it, if they are not in files. */
export type CursorOrigin = Pick<
  FrameLog,
  | "cursors"
  | "epoch"
  | "firstLsn"
  | "id"
  | "lastLsn"
  | "location"
  | "storedBytes"
>;

/** What a reader shows: records that are durable, or all that are written. */
export type ReaderLevel = "disk" | "os";

/** A log that somebody else may be writing to, as of the last look. */
export interface ObservedSource extends LogSource {
  /** What it shows. */
  readonly level: ReaderLevel;
  /** LSN of the last record that was seen, shown or not. */
  readonly writtenLsn: number;
  /**
   * Looks at the log; once it resolves, all that was there when it was called is
   * known. Rejects if the log cannot be read.
   */
  refresh(): Promise<void>;
  /**
   * Releases what it holds, and wakes those who wait: `end` is "closed". Files
   * are held until `readsEnd`; reads in progress of anything else end at once.
   */
  close(readsEnd?: Promise<void>): Promise<void>;
}

/** The records near the end of a log that are in memory. */
export interface RecentRecords {
  /**
   * The records of one frame from `from` on, at most up to `to`, if they are in
   * memory. `to` must have reached the level that is followed.
   */
  take(from: number, to: number): RecordBatch | undefined;
  /** Whether a follower whose next record is `lsn` is near the end. */
  keeps(lsn: number): boolean;
}

import type { CursorStore } from "./cursor_store.ts";
import type { LogMeta } from "./format/log_meta.ts";
import type { BatchSource, FrameLog } from "./frame_log.ts";

/**
 * A place for a log that is not in files: `Wal.open` opens it for writing, and
 * `WalReader.open` observes it. Making one touches nothing.
 */
export interface LogEngine {
  /** Where the log is, for messages. */
  readonly location: string;
  /** Opens the log for writing, or creates it; every former owner is fenced. */
  openLog(options: OpenLogOptions): Promise<FrameLog>;
  /**
   * Looks at the log for the first time, and writes nothing. A place without a
   * log reads as an empty log, which may begin later.
   */
  observeLog(): Promise<LogObserver>;
}

/** Options of `openLog`. */
export interface OpenLogOptions {
  /**
   * LSN of the first record of a new log; fails with a `LogExistsError` if there
   * is a log that began otherwise, or has records. Default: 1.
   */
  readonly firstLsn?: number | undefined;
  /** Called with each warning. */
  warn(message: string): void;
  /** Returns the current time, in ms since 1970. */
  time(): number;
}

/** A log as somebody sees it who does not write it, as of the last look. */
export interface LogObserver {
  /** LSN of the oldest record kept, or of the next one if there is none. */
  readonly firstLsn: number;
  /** LSN of the last record: all up to it are durable, and stay. */
  readonly lastLsn: number;
  /** When that was written, as `RecordBatch.time` says. */
  readonly time?: number | undefined;
  /** The log's metadata; `undefined` if there is none. */
  readonly meta?: LogMeta | undefined;
  /** Where the log is, for messages; absent if it is not known. */
  readonly location?: string | undefined;
  /** The log's id, as `FrameLog.id` says. */
  readonly id?: string | undefined;
  /** The epoch of the owner; 0 or absent if there was none. */
  readonly epoch?: number;
  /** Bytes on storage; absent if that is not known. */
  readonly storedBytes?: number;
  /** How often somebody who follows the log should look, in ms. */
  readonly pollMs: number;
  /** The durable cursors of the log; absent if it has none. */
  readonly cursors?: CursorStore | undefined;
  /** Looks; once it resolves, all is known that was there when it was called. */
  look(): Promise<void>;
  /** Reads the records `from` to `to`, both included; both were seen. */
  read(from: number, to: number): BatchSource;
  /** Releases what it holds, and ends reads and looks in progress. */
  close(): Promise<void>;
}

import type { RecordList } from "./format/records.ts";
import type { MaybePromise } from "./storage.ts";

/** Records laid out for one frame, and what numbers them. */
export interface FrameDraft {
  /** LSN of the first record. */
  readonly firstLsn: number;
  /** Number of records. */
  readonly count: number;
  /**
   * 48 bytes that the log may overwrite, the records (each a u32 length,
   * little-endian, and its bytes), and at least 7 spare bytes. Not to be used
   * after the append is done.
   */
  readonly buffer: Uint8Array;
  /** Bytes of the records with their lengths, behind the first 48. */
  readonly length: number;
}

/** A run of records as read back, or of lost ones. */
export interface RecordBatch {
  /** LSN of the first of `records`, or of the first that is lost. */
  readonly firstLsn: number;
  /** The records, in order; each shares memory with its neighbours. */
  readonly records: RecordList;
  /**
   * Number of records that are lost from `firstLsn` on, at least 1: a salvage
   * gave them up. There are no `records` then.
   */
  readonly lost?: number | undefined;
  /**
   * When they were written, in ms since 1970 by the writer's clock, but never
   * less than for a record before. Absent where the log keeps no time.
   */
  readonly time?: number | undefined;
}

/**
 * The upper seam: a log of frames. Segment files implement it; an engine that
 * is not made of files can do so without pretending to be.
 *
 * The writer makes one call of `append`, `sync` and `checkOwner` at a time, and
 * none after one has failed.
 */
export interface FrameLog {
  /** LSN of the last record here, one below `firstLsn` if there is none. */
  readonly lastLsn: number;
  /**
   * LSN up to which records survive power loss. Absent: all did on opening, and
   * those that a sync covers do.
   */
  readonly syncedLsn?: number;
  /** LSN of the oldest record here, or the next one's if there is none. */
  readonly firstLsn: number;
  /**
   * On resolve the frame survives a killed process. All or nothing. It may fail
   * with a `StorageFullError`: then nothing of it is there, and the log goes on.
   */
  append(frame: FrameDraft): MaybePromise<void>;
  /**
   * On resolve every frame appended before the call survives power loss. It may
   * fail with a `StorageFullError` if it could not even begin.
   */
  sync(): MaybePromise<void>;
  /** Fails with a `FencedError` if another owner has taken over. */
  checkOwner(): MaybePromise<void>;
  /** The records `from` to `to`, both included; both are here. */
  read(from: number, to: number): AsyncIterable<RecordBatch>;
  /** Drops the records below `lsn`; `firstLsn` is `lsn` then. Others stay. */
  truncateBefore(lsn: number): Promise<void>;
  /**
   * Releases all. With `clean` everything appended is synced, and marked so
   * that a later loss of its end can be told from a torn write.
   */
  close(clean: boolean): Promise<void>;
}

/** Records below `firstLsn` were dropped by `truncateBefore`. */
export class CompactedError extends RangeError {
  /** The class's name. */
  override readonly name = "CompactedError";

  /** Made by whoever is asked for a record that is gone. */
  constructor(
    /** LSN of the record that was asked for. */
    readonly lsn: number,
    /** LSN of the oldest record that is kept, or of the next one to come. */
    readonly firstLsn: number,
  ) {
    super(
      `Cannot read record ${lsn} because it was dropped by a checkpoint: the ` +
        `oldest record kept is ${firstLsn}`,
    );
  }
}

/**
 * Another owner has taken over the log; nothing more is acknowledged here.
 * It reaches callers as the `cause` of a `LogFailedError`.
 */
export class FencedError extends Error {
  /** The class's name. */
  override readonly name = "FencedError";

  /** Made by a frame log's `checkOwner`. */
  constructor(
    /** Where the log is. */
    readonly location: string,
    /** Epoch of the owner that was fenced. */
    readonly epoch: number,
    /** How it lost the lock, if known; see `StorageLock.whyLost`. */
    how = "another owner took over, or the lock file or directory was " +
      "moved or removed",
  ) {
    super(
      `Cannot go on in "${location}": its lock of epoch ${epoch} is lost ` +
        `(${how}). Nothing more is acknowledged here; open the log again`,
    );
  }
}

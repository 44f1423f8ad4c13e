import type { CursorStore } from "./cursor_store.ts";
import type { LogMeta } from "./format/log_meta.ts";
import type { RecordList } from "./format/records.ts";
import type { MaybePromise, Storage } from "./storage.ts";

/** The records of one frame, laid out, and their LSNs. */
export interface FrameDraft {
  /** LSN of the first record. */
  readonly firstLsn: number;
  /** Number of records. */
  readonly count: number;
  /**
   * 48 bytes that the log may overwrite, then the records (each a
   * little-endian u32 length and its bytes), then at least 7 spare bytes. The
   * log must not use it once the append is done.
   */
  readonly buffer: Uint8Array;
  /**
   * Bytes after the first 48: the records and their lengths, and the metadata
   * with its length.
   */
  readonly length: number;
  /**
   * The log's metadata from this frame on, as the last entry after the records:
   * a little-endian u32 length, a u64 version, and its bytes. Absent if it does
   * not change.
   */
  readonly meta?: LogMeta | undefined;
}

/** A run of records that were read, or that are lost. */
export interface RecordBatch {
  /** LSN of the first of `records`, or of the first record that is lost. */
  readonly firstLsn: number;
  /** The records, in order; each shares memory with its neighbors. */
  readonly records: RecordList;
  /**
   * Number of records lost from `firstLsn` on, at least 1: a salvage gave them
   * up, and `records` is empty. Absent if none is lost.
   */
  readonly lost?: number | undefined;
  /**
   * When they were written, in ms since 1970 by the writer's clock; never less
   * than the time of an earlier record. Absent if the log does not keep times.
   */
  readonly time?: number | undefined;
}

/**
 * Batches, one after another; the log makes one call at a time. An async
 * generator is one. A source that has a batch at hand should answer without a
 * promise: a log of single records has a batch for each.
 */
export interface BatchSource {
  /** The next batch, or the end. */
  next(): MaybePromise<IteratorResult<RecordBatch, unknown>>;
  /** Ends it early and releases what it holds; may be called twice. */
  return?(value: undefined): MaybePromise<unknown>;
}

/** A segment of a log that nothing is written to any more. */
export interface SealedSegment {
  /** Its name, which no other segment of the log has. */
  readonly name: string;
  /** LSN of its first record. */
  readonly firstLsn: number;
  /** LSN of its last record. */
  readonly lastLsn: number;
  /** Bytes that it takes on storage: at least those of its content. */
  readonly bytes: number;
  /**
   * Its content in pieces, read as they are taken. It is the same each time, and
   * each piece is checked. Fails with a `FencedError` if another owner has taken
   * over, and if the segment is damaged or no longer there.
   */
  read(): AsyncIterableIterator<Uint8Array<ArrayBuffer>>;
}

/**
 * The upper seam: a log of frames. Segment files implement it, and an engine
 * that is not made of files can implement it directly.
 *
 * The writer makes one call to `append`, `sync` or `checkOwner` at a time, and
 * none after a failure other than a `StorageFullError`. If there is a
 * `pipeline`, it makes as many commits at a time as that is deep instead.
 */
export interface FrameLog {
  /** LSN of the last record, or `firstLsn - 1` if there is none. */
  readonly lastLsn: number;
  /**
   * LSN up to which records survive power loss. If absent, all records that
   * were there on opening do, and so do all that a sync covers.
   */
  readonly syncedLsn?: number;
  /** LSN of the oldest record, or of the next one if there is none. */
  readonly firstLsn: number;
  /**
   * When the last frame was written, as `RecordBatch.time` says. Absent if the
   * log does not keep times.
   */
  readonly time?: number;
  /**
   * The directory that the log is in. Cursors and snapshots are files there; if
   * absent, the log has neither.
   */
  readonly files?: Storage;
  /** Where the log is, for messages; absent if `files` says so, if anything. */
  readonly location?: string | undefined;
  /**
   * The log's id, 32 hexadecimal digits: a cursor of another log is refused by
   * it. All zeros if absent. What is in `files` has its own.
   */
  readonly id?: string | undefined;
  /**
   * Number of this opening, never used before: it is part of the names of the
   * snapshots that it makes. 0 if absent.
   */
  readonly epoch?: number;
  /**
   * Appends a frame as a whole; once it resolves, the frame survives a killed
   * process. If it fails with a `StorageFullError`, nothing of the frame
   * remains and the log continues.
   */
  append(frame: FrameDraft): MaybePromise<void>;
  /**
   * Syncs; once it resolves, every frame appended before the call survives
   * power loss. It fails with a `StorageFullError` if it could not even begin.
   */
  sync(): MaybePromise<void>;
  /** Fails with a `FencedError` if another owner has taken over. */
  checkOwner(): MaybePromise<void>;
  /**
   * Commits that may overlap. The writer then makes them instead of `append`,
   * `sync` and `checkOwner`, which are left for records that were there on
   * opening, beyond `syncedLsn`. There is no `thread`. Absent if the log makes
   * one call at a time.
   */
  readonly pipeline?: CommitPipeline | undefined;
  /**
   * What a flush should gather, if whoever opens the log names no policy:
   * flushes are expensive here. Absent if the writer's default is fine.
   */
  readonly batching?: Batching | undefined;
  /**
   * Reads the records `from` to `to`, both included; both are in the log.
   * `Wal.get` reads a single record in this way, so it should not take long to
   * begin anywhere.
   */
  read(from: number, to: number): BatchSource;
  /** Drops the records below `lsn`, which becomes `firstLsn`. */
  truncateBefore(lsn: number): Promise<void>;
  /**
   * Drops the records after `lsn`, at least `firstLsn - 1`, which becomes
   * `lastLsn`: no crash brings them back once it resolves. No other call is in
   * progress, except reads: those throw a {@linkcode TruncatedError}. If it
   * fails with a `StorageFullError` or a `TypeError`, nothing has changed.
   * Absent if the log cannot be cut.
   */
  truncateAfter?(lsn: number): Promise<void>;
  /**
   * Writes down that everything is synced that a sync has covered, for readers
   * elsewhere, if nothing says so yet. It need not be durable. Called when the
   * log falls idle.
   */
  markSynced?(): MaybePromise<void>;
  /** The log's metadata; `undefined` if there is none. */
  readonly meta?: LogMeta | undefined;
  /**
   * Replaces the metadata; durable once it resolves. May overlap with appends.
   * Absent if the log keeps no metadata.
   */
  setMeta?(meta: LogMeta): Promise<void>;
  /**
   * Goes on `lost` records later, around a hole: a copy of a log of which a
   * salvage gave records up. Durable once it resolves; no other call is in
   * progress. Absent if there can be no holes.
   */
  skip?(lost: number): Promise<void>;
  /**
   * Durable cursors where there are no `files`; absent if there are none, or if
   * the log can be cut back: only files say how far it was, and when.
   */
  readonly cursors?: CursorStore | undefined;
  /** Number of segments; absent if there are none. */
  readonly segmentCount?: number;
  /** Bytes on storage; absent if that is not known. */
  readonly storedBytes?: number;
  /** The thread that commits frames; absent if there is none now. */
  readonly thread?: CommitThread | undefined;
  /**
   * Starts a thread; there is none. If it `isExclusive`, all commits that can
   * take place there will, and what else syncs should not block. Calls `onEnd`
   * with the reason if it ends by itself: the log then does whatever it was
   * doing. Rejects if it cannot be started. Only called if the storage of the
   * log has threads. Absent if there can be none.
   */
  startThread?:
    | ((isExclusive: boolean, onEnd: OnThreadEnd) => Promise<void>)
    | undefined;
  /** The same calls, which block; absent if the storage cannot. */
  readonly blocking?: BlockingCalls | undefined;
  /**
   * The segments that end with record `from` or a later one and that nothing is
   * written to any more, in order. All that they hold is synced. Absent if the
   * log has no segments: then it has neither an archive nor a limit in bytes.
   */
  sealedSegments?(from: number): readonly SealedSegment[];
  /**
   * Releases all resources. With `clean`, it first syncs everything appended
   * and marks the end, so that a later loss of the end is not mistaken for a
   * torn write.
   */
  close(clean: boolean): Promise<void>;
}

/**
 * Calls of a frame log that are done when they return, for a process that is
 * about to exit. They may be made while a `sync` is in progress, but no other
 * call.
 */
export interface BlockingCalls {
  /** Why nothing can be written or synced at this moment; absent if it can. */
  refusal(): string | undefined;
  /** Appends a frame, as `FrameLog` says. */
  append(frame: FrameDraft): void;
  /** Syncs every frame appended before. */
  sync(): void;
  /** Fails with a `FencedError` if another owner has taken over. */
  checkOwner(): void;
  /** Releases all resources, as a process does that ends. */
  release(): void;
}

/** Commits of a frame log that may overlap. */
export interface CommitPipeline {
  /** Most commits in progress at a time, at least 1. */
  readonly depth: number;
  /**
   * Appends a frame; once it resolves, the frame and all before it survive a
   * power loss, and no other owner had taken over before they did. Resolves with
   * the frame's time, as `RecordBatch.time` says, if the log keeps times: its
   * own `time` may then be that of a later frame. Calls resolve in their order.
   * Rejects with a `FencedError` if another owner has taken over; once a call
   * has rejected, all later ones do, and it never rejects with a
   * `StorageFullError`. The frame's buffer belongs to the log until then. After
   * a rejection, `close(false)` may be called before the later ones have ended.
   */
  commit(frame: FrameDraft): Promise<number | void>;
}

/** When enough is gathered for a flush: as soon as one of both is reached. */
export interface Batching {
  /** Ms that the oldest record has waited. */
  readonly limitMs: number;
  /** Bytes of the records that wait. */
  readonly limitBytes: number;
}

/** Called with the reason when a thread has ended by itself. */
export type OnThreadEnd = (reason: string) => void;

/** How a commit on another thread has ended. */
export interface CommitEnd {
  /** Ms that the write took. */
  readonly writeMs: number;
  /** Ms that the sync took; 0 without one. */
  readonly syncMs: number;
  /**
   * Ms that it took until the other thread began, and this one heard of its end;
   * absent if that thread did not do it after all.
   */
  readonly wakeMs?: number;
  /** What has failed, if anything: all of it, or what was to follow. */
  readonly failure?: {
    readonly during: "append" | "sync";
    readonly error: unknown;
  };
}

/** A thread of a frame log that commits frames. */
export interface CommitThread {
  /** Whether it was started as the only one that does. */
  readonly isExclusive: boolean;
  /** The frame that was handed over and is not answered yet, if any. */
  readonly handed: FrameDraft | undefined;
  /** Ends it, once what it does is done. */
  stop(): Promise<void>;
  /**
   * Appends `frame`, if there is one, syncs if asked to, and checks the owner,
   * as the calls of the log do; then calls `done`, in a later turn. Returns
   * false if those have to be called instead.
   */
  commit(
    frame: FrameDraft | undefined,
    sync: boolean,
    done: (end: CommitEnd) => void,
  ): boolean;
  /** Blocks until the commit in progress has ended, and calls its `done`. */
  settle(): void;
  /** Calls back after `delayMs`, if the thread can; one at a time. */
  after(delayMs: number, callback: () => void): (() => void) | undefined;
}

/**
 * Thrown on reading a record that `truncateBefore` has dropped, and on cutting
 * the log back to one.
 */
export class CompactedError extends RangeError {
  /** The class's name. */
  override readonly name = "CompactedError";

  /** Creates the error for record `lsn`. */
  constructor(
    /** LSN of the record that was asked for. */
    readonly lsn: number,
    /** LSN of the oldest record kept, or of the next one if there is none. */
    readonly firstLsn: number,
    /** What cannot be done with it. */
    action = "read",
  ) {
    super(
      `Cannot ${action} record ${lsn} because it was dropped by a checkpoint: ` +
        `the oldest record kept is ${firstLsn}`,
    );
  }
}

/**
 * Thrown to a reader that has gone beyond the place where the log was cut back:
 * records that it may have seen are no longer part of the log.
 */
export class TruncatedError extends RangeError {
  /** The class's name. */
  override readonly name = "TruncatedError";

  /** Creates the error for a reader whose next record was `lsn`. */
  constructor(
    /** LSN of the record that was wanted next. */
    readonly lsn: number,
    /** LSN of the last record that the cut left. */
    readonly lastLsn: number,
  ) {
    super(
      `Cannot continue with record ${lsn} because the log was cut back to ` +
        `record ${lastLsn}: records read after that one are no longer part ` +
        "of it",
    );
  }
}

/**
 * Thrown after another owner has taken over the log: nothing further is
 * acknowledged here. Appends reject with a `LogFailedError`, of which it is the
 * `cause`; opening and truncating throw it as it is. If the loss was noticed by
 * another failure, such as a file that the taker has removed, that is its own
 * `cause`.
 */
export class FencedError extends Error {
  /** The class's name. */
  override readonly name = "FencedError";

  /** Creates the error for the owner of `epoch`. */
  constructor(
    /** Where the log is. */
    readonly location: string,
    /** Epoch of the fenced owner. */
    readonly epoch: number,
    /**
     * How it was displaced, if known: see `StorageLock.whyLost`, or which opening
     * came later, where there is no lock.
     */
    how = "another owner took over, or the lock file or directory was " +
      "moved or removed",
  ) {
    super(
      `Cannot continue in "${location}" because the owner of epoch ${epoch} ` +
        `was displaced (${how}): nothing further is acknowledged here; open ` +
        "the log again",
    );
  }
}

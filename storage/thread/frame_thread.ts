import type { FrameHeader } from "../format/frame.ts";

/** Where a frame goes, and what shows that its writer owns the log. */
export interface FrameTarget {
  /** The segment's name. */
  readonly name: string;
  /** What tells its file from every other one; see `StorageFile.identity`. */
  readonly identity: string | undefined;
  /** What shows whether the lock is held; see `StorageLock.proof`. */
  readonly proof: unknown;
}

/** A frame that is laid out, except for its header and checksum. */
export interface HandedFrame {
  /** Room for the header, then the content; it stays as it is meanwhile. */
  readonly buffer: Uint8Array;
  /** Its header. */
  readonly header: FrameHeader;
  /** Where it begins in the file, in bytes. */
  readonly offset: number;
  /** Number of zeros to write after it, in the same write. */
  readonly zeros: number;
}

/** What a thread is asked to do, in this order. */
export interface FrameTask {
  /** Where to. */
  readonly target: FrameTarget;
  /** The frame to write; absent if it is only a sync. */
  readonly frame?: HandedFrame | undefined;
  /** Whether to sync the file. */
  readonly sync: boolean;
}

/**
 * How far a task has got. A thread moves to a stage before it does anything of
 * it, and only if nobody has withdrawn the task.
 */
export const STAGE = {
  none: 0,
  handed: 1,
  writing: 2,
  written: 3,
  syncing: 4,
  synced: 5,
  done: 6,
  failed: 7,
  withdrawn: 8,
} as const;

/** One of {@linkcode STAGE}. */
export type Stage = typeof STAGE[keyof typeof STAGE];

/** What a thread has done: everything, if neither `failure` nor `end` is there. */
export interface FrameOutcome {
  /** The frame's checksum; 0 if it got none. */
  readonly checksum: number;
  /** Ms that the write took. */
  readonly writeMs: number;
  /** Ms that the sync took. */
  readonly syncMs: number;
  /** Whether the lock was still held after that. */
  readonly isHeld: boolean;
  /** What failed, and at which stage. */
  readonly failure?: { readonly at: Stage; readonly error: unknown };
  /**
   * The thread has ended instead, for this reason. It does nothing further, and
   * `at` is what it did last; `undefined` if that cannot be known.
   */
  readonly end?: { readonly at: Stage | undefined; readonly reason: string };
}

/**
 * A thread that writes and syncs frames for the files of one storage. It is
 * given one task at a time.
 */
export interface FrameThread {
  /** Hands a task over; `done` is called once, in a later turn. */
  hand(task: FrameTask, done: (outcome: FrameOutcome) => void): void;
  /**
   * Blocks until the task in progress is done, and calls its `done`. Returns
   * whether there is none any more.
   */
  settle(): boolean;
  /** Calls back after `delayMs`, more precisely than a timer; one at a time. */
  after?(delayMs: number, callback: () => void): () => void;
  /** Called if it ends by itself, after the `done` of the task in progress. */
  onEnd: ((reason: string) => void) | undefined;
  /** Ends it, once the task in progress is done. */
  stop(): Promise<void>;
}

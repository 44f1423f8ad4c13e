import { encodeFrame, frameBytes, type FrameHeader } from "../format/frame.ts";
import type {
  CommitEnd,
  CommitThread,
  FrameDraft,
  FrameLog,
  OnThreadEnd,
} from "../frame_log.ts";
import { isOutOfSpace, StorageError } from "../storage_error.ts";
import {
  type FrameOutcome,
  type FrameTarget,
  type FrameThread,
  STAGE,
  type Stage,
} from "../thread/frame_thread.ts";
import type { ActiveSegment } from "./active_segment.ts";
import type { LogParts } from "./blocking_log.ts";

/** What a thread works on. */
interface ThreadedParts extends LogParts {
  /** The log itself, to go on where a thread has ended. */
  readonly log: Pick<FrameLog, "append" | "sync" | "checkOwner">;
}

/** A commit that was handed over. */
interface Work {
  readonly active: ActiveSegment;
  readonly frame: WorkFrame | undefined;
  readonly sync: boolean;
  /** To call once a sync alone is done; it covers nothing written meanwhile. */
  readonly synced: (() => void) | undefined;
  readonly handedAt: number;
  readonly done: (end: CommitEnd) => void;
}

/** Its frame. */
interface WorkFrame {
  readonly draft: FrameDraft;
  readonly header: FrameHeader;
  readonly zeros: number;
}

/**
 * Commits frames on a thread of the storage. What is rare stays here: a full or
 * missing segment, a full disk, and whatever a thread leaves that has ended.
 *
 * Then the frame is written once more, byte for byte, at the same place, unless
 * it is known to be there. Readers may have seen it, and the next frame must
 * name its checksum.
 */
export class ThreadedCommits implements CommitThread {
  readonly #parts: ThreadedParts;
  readonly #thread: FrameThread;
  /** See {@linkcode CommitThread}. */
  readonly isExclusive: boolean;
  #isRunning = true;
  /** The commit in progress. */
  #work: Work | undefined;
  #target:
    | { active: ActiveSegment; proof: unknown; made: FrameTarget }
    | undefined;

  private constructor(
    parts: ThreadedParts,
    thread: FrameThread,
    isExclusive: boolean,
  ) {
    this.isExclusive = isExclusive;
    this.#parts = parts;
    this.#thread = thread;
  }

  /** Starts a thread of the storage; see {@linkcode FrameLog.startThread}. */
  static async start(
    parts: ThreadedParts,
    isExclusive: boolean,
    onEnd: OnThreadEnd,
  ): Promise<ThreadedCommits> {
    const { storage } = parts;
    const thread = await storage.startThread!({ isExclusive });
    const commits = new ThreadedCommits(parts, thread, isExclusive);
    thread.onEnd = (reason) => {
      commits.#isRunning = false;
      onEnd(reason);
    };
    return commits;
  }

  /** Whether the thread is at work, and has not been told to end. */
  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** The frame in progress. */
  get handed(): FrameDraft | undefined {
    return this.#work?.frame?.draft;
  }

  /** Ends the thread, once what it does is done. */
  stop(): Promise<void> {
    this.#isRunning = false;
    return this.#thread.stop();
  }

  /** Hands a commit over, if the thread can do it. */
  commit(
    draft: FrameDraft | undefined,
    sync: boolean,
    done: (end: CommitEnd) => void,
  ): boolean {
    if (!this.#isRunning || this.#parts.isChanging()) return false;
    const active = this.#parts.active();
    if (active === undefined) return false;
    if (draft && !active.fits(frameBytes(draft.length))) return false;
    const target = this.#targetOf(active);
    if (target === undefined) return false;
    const frame = draft && this.#lay(draft, active);
    const handedAt = performance.now();
    const synced = frame ? undefined : this.#parts.end.beginSync();
    const work = { active, frame, sync, synced, handedAt, done };
    const handed = frame &&
      { ...frame, buffer: frame.draft.buffer, offset: active.offset };
    this.#work = work;
    this.#thread.hand(
      { target, frame: handed, sync },
      (outcome) => this.#ended(work, outcome),
    );
    return true;
  }

  /** Blocks until no commit is in progress. */
  settle(): void {
    this.#thread.settle();
  }

  /** Calls back after a delay, if the thread can. */
  after(delayMs: number, callback: () => void): (() => void) | undefined {
    if (this.#isRunning) return this.#thread.after?.(delayMs, callback);
  }

  #lay(draft: FrameDraft, active: ActiveSegment): WorkFrame {
    const header = this.#parts.end.headerOf(active, draft);
    const zeros = active.zerosAfter(frameBytes(draft.length));
    return { draft, header, zeros };
  }

  /** The same object as long as nothing of it changes. */
  #targetOf(active: ActiveSegment): FrameTarget | undefined {
    const { proof } = this.#parts.owner.lock;
    const known = this.#target;
    if (known?.active === active && known.proof === proof) return known.made;
    const identity = active.file.identity?.();
    if (identity === undefined || proof === undefined) return undefined;
    const made = { name: active.name, identity, proof };
    this.#target = { active, proof, made };
    return made;
  }

  #ended(work: Work, outcome: FrameOutcome): void {
    this.#work = undefined;
    const { end, failure, checksum, writeMs, syncMs, isHeld } = outcome;
    if (end !== undefined) return void this.#takeOver(work, end.at, end.reason);
    if (failure !== undefined) return this.#failed(work, failure);
    if (work.frame) this.#wrote(work.active, work.frame, checksum);
    if (work.sync) this.#synced(work);
    if (!isHeld) {
      const check = { ...work, frame: undefined, sync: false };
      return void this.#finish(check, STAGE.synced);
    }
    const wakeMs = performance.now() - work.handedAt - writeMs - syncMs;
    work.done({ writeMs, syncMs, wakeMs: Math.max(0, wakeMs) });
  }

  #failed(work: Work, { at, error }: { at: Stage; error: unknown }): void {
    // The log has the file open, and may find out more.
    if (at === STAGE.handed) return void this.#finish(work, STAGE.handed);
    const isFull = at === STAGE.writing && isOutOfSpace(error);
    if (isFull) return void this.#finish(work, STAGE.writing, "full");
    fail(work, at < STAGE.written ? "append" : "sync", error);
  }

  #takeOver(work: Work, at: Stage | undefined, reason: string): void {
    if (at !== undefined) return void this.#finish(work, at);
    const path = `${this.#parts.storage.location}/${work.active.name}`;
    const error = new StorageError(
      `Cannot tell what became of a write or sync of "${path}" because the ` +
        `flush thread ended meanwhile: ${reason}`,
      path,
      "",
    );
    fail(work, work.frame === undefined ? "sync" : "append", error);
  }

  /** Does here what a thread has left to do; `at` is what it did last. */
  async #finish(work: Work, at: Stage, space?: "full"): Promise<void> {
    const { log } = this.#parts;
    const { frame, sync, done } = work;
    let during: "append" | "sync" = frame === undefined ? "sync" : "append";
    try {
      if (space === "full") await work.active.dropZeros();
      if (frame !== undefined) await this.#append(work, frame, at);
      during = "sync";
      if (sync && at < STAGE.synced) await log.sync();
      else if (sync) this.#synced(work);
      await log.checkOwner();
    } catch (error) {
      return fail(work, during, error);
    }
    done(NOTHING);
  }

  async #append(work: Work, frame: WorkFrame, at: Stage): Promise<void> {
    const { draft, header } = frame;
    if (at === STAGE.handed) return await this.#parts.log.append(draft);
    const checksum = encodeFrame(draft.buffer, header);
    // A failed sync leaves bytes that no later one makes durable.
    const isThere = at === STAGE.written || at >= STAGE.synced;
    if (isThere) return this.#wrote(work.active, frame, checksum);
    try {
      const bytes = draft.buffer.subarray(0, frameBytes(draft.length));
      await work.active.writeAlone(bytes);
    } catch (error) {
      if (!isOutOfSpace(error)) throw error;
      // Nothing of it remains; the log knows where space could come from.
      return await this.#parts.log.append(draft);
    }
    this.#wrote(work.active, frame, checksum);
  }

  #synced({ synced }: Work): void {
    if (synced !== undefined) synced();
    else this.#parts.end.beginSync()();
  }

  #wrote(
    active: ActiveSegment,
    { draft, header, zeros }: WorkFrame,
    checksum: number,
  ): void {
    active.wrote(frameBytes(header.length) + zeros);
    this.#parts.end.written(active, draft, header, checksum);
  }
}

function fail(
  work: Work,
  during: "append" | "sync",
  error: unknown,
): void {
  work.done({ ...NOTHING, failure: { during, error } });
}

const NOTHING: CommitEnd = { writeMs: 0, syncMs: 0 };

import { ZerosAhead } from "../segments/zeros_ahead.ts";
import type { Storage, StorageFile, StorageLock } from "../storage.ts";
import { commitFrame } from "../thread/commit_frame.ts";
import {
  type FrameOutcome,
  type FrameTarget,
  type FrameTask,
  type FrameThread,
  STAGE,
  type Stage,
} from "../thread/frame_thread.ts";

/**
 * Called before each step of a task; what it returns is the reason for which
 * the thread ends there.
 */
export type OnStage = (stage: Stage) => string | void;

/**
 * What a thread does, done in turns of this one, so that tests can tell what
 * happens in which order, and can end it between any two steps.
 */
export class MemoryThread implements FrameThread {
  onEnd: ((reason: string) => void) | undefined;
  readonly #storage: Pick<Storage, "open">;
  readonly #onStage: OnStage;
  readonly #zeros = new ZerosAhead();
  #open:
    | { readonly target: FrameTarget; readonly file: StorageFile }
    | undefined;
  #pending: Promise<void> | undefined;

  /** Works on the files of `storage`. */
  constructor(storage: Pick<Storage, "open">, onStage: OnStage = () => {}) {
    this.#storage = storage;
    this.#onStage = onStage;
  }

  hand(task: FrameTask, done: (outcome: FrameOutcome) => void): void {
    this.#pending = this.#run(task).then((outcome) => {
      this.#pending = undefined;
      done(outcome);
      if (outcome.end !== undefined) this.onEnd?.(outcome.end.reason);
    });
  }

  settle(): boolean {
    return this.#pending === undefined;
  }

  async stop(): Promise<void> {
    this.onEnd = undefined;
    await this.#pending;
    await this.#close();
  }

  async #run(task: FrameTask): Promise<FrameOutcome> {
    await undefined;
    let at: Stage = STAGE.handed;
    let reason: string | void = undefined;
    const reach = (stage: Stage) => {
      reason = this.#onStage(stage);
      if (reason === undefined) at = stage;
      return reason === undefined;
    };
    const outcome = await commitFrame(task, {
      open: (target) => this.#openFile(target),
      isHeld: ({ proof }) => (proof as Pick<StorageLock, "held">).held(),
      now: () => 0,
      zeros: this.#zeros,
    }, reach);
    if (outcome !== undefined) return outcome;
    const end = { at, reason: `${reason}` };
    return { checksum: 0, writeMs: 0, syncMs: 0, isHeld: false, end };
  }

  async #openFile(target: FrameTarget): Promise<StorageFile> {
    if (this.#open?.target !== target) {
      await this.#close();
      const file = await this.#storage.open(target.name, "write");
      this.#open = { target, file };
    }
    return this.#open.file;
  }

  async #close(): Promise<void> {
    await this.#open?.file.close();
    this.#open = undefined;
  }
}

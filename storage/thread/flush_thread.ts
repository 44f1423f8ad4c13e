import type * as Threads from "node:worker_threads";
import { builtin } from "../../builtin.ts";
import { fs, process } from "../directory/builtins.ts";
import { FRAME_HEADER_BYTES, frameBytes } from "../format/frame.ts";
import { StorageError } from "../storage_error.ts";
import type {
  WorkerAnswer,
  WorkerMessage,
  WorkerStart,
} from "./flush_worker.ts";
import { FLUSH_WORKER } from "./flush_worker_source.ts";
import {
  type FrameOutcome,
  type FrameTarget,
  type FrameTask,
  type FrameThread,
  STAGE,
  type Stage,
} from "./frame_thread.ts";
import { ThreadMemory } from "./thread_memory.ts";

/** The memory for frames is a multiple of this size, in bytes. */
const SLOT_UNIT_BYTES = 64 * 1024;

/** How much larger it is than the frame that needs more. */
const SLOT_GROWTH = 1.25;

/** Most memory for its objects, in MiB; the frames are elsewhere. */
const HEAP_MIB = 32;

/** How long an idle thread may take to end before it is terminated, in ms. */
const STOP_MS = 2000;

/** How long to wait for the last system call of a thread that ends, in ms. */
const LAST_CALL_MS = 10_000;

/** How long a call that blocks waits for a thread that does not answer, in ms. */
const SETTLE_MS = 10_000;

type Done = (outcome: FrameOutcome) => void;

/**
 * A thread that writes frames to the files of a directory: a worker of
 * `node:worker_threads`, which all runtimes have. Its code is text, so it is
 * found whatever a bundler does with this module.
 *
 * Frames are copied into shared memory, and tasks are handed over by atomic
 * operations: the thread sleeps until one is there. The task's stage is in
 * shared memory too, so it is known how far a thread has got that has ended. On
 * Deno a terminated worker may run on until it notices, so a task is withdrawn
 * before anything else is done about it.
 */
export class FlushThread implements FrameThread {
  onEnd: ((reason: string) => void) | undefined;
  readonly #worker: Threads.Worker;
  readonly #port: Threads.MessagePort;
  readonly #memory: ThreadMemory;
  #slot: Uint8Array<SharedArrayBuffer> | undefined;
  #slotId = 0;
  #target: FrameTarget | undefined;
  #targetId = 0;
  #pending: Done | undefined;
  #timer: { readonly id: number; readonly callback: () => void } | undefined;
  #timerId = 0;
  #started: (() => void) | undefined;
  /** Why it ended; absent while it runs. */
  #ended: string | undefined;
  #reason = "it ended";
  #isTerminated = false;

  private constructor(
    threads: typeof Threads,
    directory: string,
    source: string,
  ) {
    const { port1, port2 } = new threads.MessageChannel();
    this.#memory = new ThreadMemory();
    this.#port = port1;
    const memory = this.#memory.buffer;
    const workerData: WorkerStart = { memory, port: port2, directory };
    try {
      this.#worker = new threads.Worker(source, {
        eval: true,
        workerData,
        transferList: [port2],
        execArgv: [],
        resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
      });
    } catch (error) {
      for (const port of [port1, port2]) port.close();
      throw error;
    }
    this.#port.on("message", (answer) => this.#answered(answer));
  }

  /**
   * Starts a thread for the files in `directory`; calls `ended` once it has
   * ended, in whatever way. Rejects if it cannot be started.
   */
  static start(
    directory: string,
    ended: () => void = () => {},
    source: string = FLUSH_WORKER,
  ): Promise<FlushThread> {
    const threads = builtin<typeof Threads>("node:worker_threads")!;
    return new Promise((resolve, reject) => {
      let thread: FlushThread;
      try {
        thread = new FlushThread(threads, directory, source);
      } catch (error) {
        ended();
        return reject(error);
      }
      thread.#started = () => {
        thread.#started = undefined;
        thread.#free();
        resolve(thread);
      };
      thread.#worker.on("error", (error) => {
        thread.#reason = String((error as Error)?.message ?? error);
      });
      thread.#worker.on("exit", () => {
        if (thread.#started) reject(new Error(thread.#reason));
        thread.#exited().finally(ended);
      });
    });
  }

  hand(task: FrameTask, done: (outcome: FrameOutcome) => void): void {
    const { target, frame, sync } = task;
    const memory = this.#memory;
    this.#timer = undefined;
    this.#hold();
    this.#pending = done;
    if (this.#ended !== undefined) {
      return queueMicrotask(() => this.#end(STAGE.handed));
    }
    if (target !== this.#target) {
      this.#target = target;
      this.#post({ target, id: ++this.#targetId });
      memory.setWord("target", this.#targetId);
    }
    if (frame !== undefined) {
      const bytes = frameBytes(frame.header.length);
      copyContent(frame.buffer, this.#room(bytes), bytes);
      memory.header = frame.header;
      memory.setDouble("offset", frame.offset);
      memory.setDouble("zeros", frame.zeros);
    }
    memory.setWord("hasFrame", frame === undefined ? 0 : 1);
    memory.setWord("sync", sync ? 1 : 0);
    memory.setWord("stage", STAGE.handed);
    memory.ring();
  }

  settle(): boolean {
    const memory = this.#memory;
    const until = performance.now() + SETTLE_MS;
    while (this.#pending !== undefined && performance.now() < until) {
      const { stage } = memory;
      if (stage === STAGE.done || stage === STAGE.failed) this.#finish(stage);
      else if (stage === STAGE.withdrawn) return false;
      else {
        memory.awaitStage(stage, 100);
        // That it has ended, no event tells while this blocks.
        if (this.#hasLeft() && memory.stage === stage) return false;
      }
    }
    return this.#pending === undefined;
  }

  after(delayMs: number, callback: () => void): () => void {
    const id = this.#timerId = this.#timerId + 1 | 0 || 1;
    this.#timer = { id, callback };
    this.#memory.setDouble("timerMs", delayMs);
    this.#memory.setWord("timer", id);
    this.#memory.ring();
    this.#hold();
    return () => {
      if (this.#timer?.id !== id) return;
      this.#timer = undefined;
      if (this.#pending === undefined) this.#free();
    };
  }

  async stop(idleMs: number = STOP_MS): Promise<void> {
    this.onEnd = undefined;
    if (this.#ended !== undefined) return;
    const exited = new Promise<void>((resolve) =>
      this.#worker.once("exit", () => resolve())
    );
    this.#worker.ref();
    this.#memory.setWord("stop", 1);
    this.#memory.ring();
    const timer = setInterval(() => {
      // Not all systems tell what a task has done that is terminated.
      if (this.#pending === undefined) this.terminate();
    }, idleMs);
    await exited;
    clearInterval(timer);
  }

  /** Ends it, whatever it is doing. */
  terminate(): void {
    this.#isTerminated = true;
    // On Deno, what it returns may reject although the thread ends.
    Promise.resolve(this.#worker.terminate()).catch(() => {});
  }

  /** Keeps the process alive until it answers, or ends. */
  #hold(): void {
    this.#port.ref();
    this.#worker.ref();
  }

  #free(): void {
    this.#port.unref();
    this.#worker.unref();
  }

  /** Shared memory for a frame of `bytes`. */
  #room(bytes: number): Uint8Array<SharedArrayBuffer> {
    if (this.#slot !== undefined && this.#slot.length >= bytes) {
      return this.#slot;
    }
    const units = Math.ceil(bytes * SLOT_GROWTH / SLOT_UNIT_BYTES);
    const slot = new SharedArrayBuffer(units * SLOT_UNIT_BYTES);
    this.#post({ slot, id: ++this.#slotId });
    this.#memory.setWord("slot", this.#slotId);
    return this.#slot = new Uint8Array(slot);
  }

  #post(message: WorkerMessage): void {
    this.#port.postMessage(message);
  }

  #answered(answer: WorkerAnswer): void {
    if (this.#started) return this.#started();
    if (answer !== 0) return this.#ring(answer);
    const { stage } = this.#memory;
    if (stage === STAGE.done || stage === STAGE.failed) this.#finish(stage);
  }

  #ring(id: number): void {
    const timer = this.#timer;
    if (timer?.id !== id) return;
    this.#timer = undefined;
    this.#free();
    timer.callback();
  }

  #finish(stage: typeof STAGE.done | typeof STAGE.failed): void {
    const memory = this.#memory;
    if (stage === STAGE.failed) {
      const { at, message, path, code } = memory.failure;
      const error = new StorageError(message, path, code);
      return this.#done({ ...NOTHING, failure: { at, error } });
    }
    this.#done({
      checksum: memory.double("checksum"),
      writeMs: memory.double("writeMs"),
      syncMs: memory.double("syncMs"),
      isHeld: memory.word("isHeld") === 1,
    });
  }

  #done(outcome: FrameOutcome): void {
    const pending = this.#pending;
    if (pending === undefined) return;
    this.#pending = undefined;
    // A thread that has ended may not have noticed yet.
    const next = this.#ended === undefined ? STAGE.none : STAGE.withdrawn;
    this.#memory.setWord("stage", next);
    this.#free();
    pending(outcome);
  }

  /** Learns how far it got, once it certainly does nothing more. */
  async #exited(): Promise<void> {
    this.#ended = this.#reason;
    const timer = this.#timer;
    const pending = this.#pending;
    if (pending !== undefined) {
      const stage = await this.#withdraw();
      // What answers it may hand over the next task, which has its own end.
      const isOver = stage === STAGE.done || stage === STAGE.failed;
      const isAnswered = this.#pending !== pending;
      if (isOver && !isAnswered) this.#finish(stage);
      else if (!isAnswered) this.#end(stage);
    }
    this.#port.close();
    this.onEnd?.(this.#ended);
    timer?.callback();
  }

  /**
   * Whether its last sync failed, the next one tells, of another handle of the
   * same file: but of all systems, only Linux promises that (since 4.13).
   */
  #end(at: Stage | undefined): void {
    const isKnown = at !== STAGE.syncing || process.platform === "linux";
    const end = { at: isKnown ? at : undefined, reason: this.#ended! };
    this.#done({ ...NOTHING, end });
  }

  async #withdraw(): Promise<Stage | undefined> {
    const memory = this.#memory;
    const until = performance.now() + LAST_CALL_MS;
    while (performance.now() < until) {
      const stage = memory.withdraw();
      if (stage !== undefined) return stage;
      if (this.#isGone()) return memory.stage;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return undefined;
  }

  /**
   * Whether its last system call is over: the event comes only after it, but a
   * worker on Deno that was terminated may go on until it notices.
   */
  #isGone(): boolean {
    const isDeno = "deno" in process.versions;
    return !isDeno || !this.#isTerminated || this.#hasLeft();
  }

  /** Whether Linux shows that the thread is no more; false if unknown. */
  #hasLeft(): boolean {
    const id = this.#memory.word("threadId");
    if (id === 0) return false;
    try {
      fs.statSync(`/proc/self/task/${id}`);
      return false;
    } catch (error) {
      return (error as { code?: string }).code === "ENOENT";
    }
  }
}

const NOTHING = { checksum: 0, writeMs: 0, syncMs: 0, isHeld: false };

/**
 * Copies a frame of `bytes`, except for its header. By words, if memory permits:
 * V8 copies single bytes into shared memory one after the other, which takes
 * six times as long on Node 20.
 */
function copyContent(
  from: Uint8Array,
  to: Uint8Array<SharedArrayBuffer>,
  bytes: number,
): void {
  const start = FRAME_HEADER_BYTES;
  const at = from.byteOffset + start;
  if (at % 8 > 0) return to.set(from.subarray(start, bytes), start);
  const words = (bytes - start) / 8;
  new BigInt64Array(to.buffer, to.byteOffset + start, words)
    .set(new BigInt64Array(from.buffer, at, words));
}

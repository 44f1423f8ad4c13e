import type * as Threads from "node:worker_threads";
import { builtin } from "../../builtin.ts";
import { fs } from "../directory/builtins.ts";
import { isLockHeld, type LockProof } from "../directory/lock_proof.ts";
import { NodeFile } from "../directory/node_file.ts";
import { ZerosAhead } from "../segments/zeros_ahead.ts";
import type { StorageFile } from "../storage.ts";
import { StorageError } from "../storage_error.ts";
import { commitFrame, type CommitPlace } from "./commit_frame.ts";
import {
  type FrameOutcome,
  type FrameTarget,
  type FrameTask,
  STAGE,
  type Stage,
} from "./frame_thread.ts";
import { ThreadMemory } from "./thread_memory.ts";

/*
 * What runs on a flush thread. `deno task thread` makes the text in
 * flush_worker_source.ts of it, which is what threads are started with.
 */

/** What a thread is given when it starts. */
export interface WorkerStart {
  /** Shared with the log. */
  readonly memory: SharedArrayBuffer;
  /** To the log. */
  readonly port: Threads.MessagePort;
  /** The directory of the log. */
  readonly directory: string;
}

/** What the log posts before the first task that needs it. */
export type WorkerMessage =
  | { readonly slot: SharedArrayBuffer; readonly id: number }
  | { readonly target: FrameTarget; readonly id: number };

/**
 * What the thread posts: 0 when it has started and after each task, or the
 * number of a timer.
 */
export type WorkerAnswer = number;

class FlushWorker implements CommitPlace {
  readonly zeros = new ZerosAhead();
  readonly #memory: ThreadMemory;
  readonly #port: Threads.MessagePort;
  readonly #directory: string;
  readonly #threads: typeof Threads;
  #slot: Uint8Array = new Uint8Array();
  #slotId = 0;
  #target: FrameTarget | undefined;
  #targetId = 0;
  /** The file of the target, once it is open. */
  #file: StorageFile | undefined;

  constructor(threads: typeof Threads, start: WorkerStart) {
    this.#threads = threads;
    this.#memory = new ThreadMemory(start.memory);
    this.#port = start.port;
    this.#directory = start.directory;
  }

  now(): number {
    return performance.now();
  }

  /** Works until it is told to stop, or its task is withdrawn. */
  async run(): Promise<void> {
    const memory = this.#memory;
    memory.setWord("threadId", threadId());
    this.#answer(0);
    let timer = 0;
    let deadline = Infinity;
    for (;;) {
      const bell = memory.word("bell");
      if (memory.stage === STAGE.handed) {
        if (!await this.#commit()) break;
        continue;
      }
      if (memory.word("stop") !== 0) break;
      if (memory.word("timer") !== timer) {
        timer = memory.word("timer");
        deadline = this.now() + memory.double("timerMs");
      }
      const leftMs = deadline - this.now();
      if (leftMs > 0) memory.sleep(bell, leftMs);
      else {
        deadline = Infinity;
        this.#answer(timer);
      }
    }
    this.#file?.close();
    this.#port.close();
  }

  /** Opens the file by its name, and makes sure that it is the log's. */
  open({ name, identity }: FrameTarget): StorageFile {
    if (this.#file !== undefined) return this.#file;
    const path = `${this.#directory}/${name}`;
    const file = new NodeFile(path, openFile(path));
    if (file.identity() !== identity) {
      file.close();
      const reason = "another file has its name";
      throw new StorageError(
        `Cannot open "${path}" because ${reason}`,
        path,
        "",
      );
    }
    this.#file = file;
    return file;
  }

  isHeld({ proof }: FrameTarget): boolean {
    return isLockHeld(proof as LockProof);
  }

  async #commit(): Promise<boolean> {
    const memory = this.#memory;
    const reach = (stage: Stage) => memory.reach(stage);
    const outcome = await commitFrame(this.#task(), this, reach);
    if (outcome === undefined) return false;
    if (outcome.failure !== undefined) {
      this.#note(outcome.failure);
      return this.#finish(STAGE.failed);
    }
    memory.setDouble("checksum", outcome.checksum);
    memory.setDouble("writeMs", outcome.writeMs);
    memory.setDouble("syncMs", outcome.syncMs);
    memory.setWord("isHeld", outcome.isHeld ? 1 : 0);
    return this.#finish(STAGE.done);
  }

  #finish(stage: Stage): boolean {
    const goesOn = this.#memory.finish(stage);
    this.#answer(0);
    return goesOn;
  }

  #note({ at, error }: NonNullable<FrameOutcome["failure"]>): void {
    const { message, path = "", code = "" } = error as Partial<StorageError>;
    const text = message ?? String(error);
    this.#memory.failure = { at, message: text, path, code };
  }

  #task(): FrameTask {
    const memory = this.#memory;
    this.#receive();
    const frame = memory.word("hasFrame") === 0 ? undefined : {
      buffer: this.#slot,
      header: memory.header,
      offset: memory.double("offset"),
      zeros: memory.double("zeros"),
    };
    const sync = memory.word("sync") !== 0;
    return { target: this.#target!, frame, sync };
  }

  /** Takes what was posted before the task, without a turn. */
  #receive(): void {
    const memory = this.#memory;
    while (
      this.#slotId !== memory.word("slot") ||
      this.#targetId !== memory.word("target")
    ) {
      const received = this.#threads.receiveMessageOnPort(this.#port);
      if (received === undefined) throw new Error("a message is missing");
      const message: WorkerMessage = received.message;
      if ("slot" in message) {
        this.#slot = new Uint8Array(message.slot);
        this.#slotId = message.id;
      } else {
        this.#target = message.target;
        this.#targetId = message.id;
        // Another file may have the same name.
        this.#file?.close();
        this.#file = undefined;
      }
    }
  }

  #answer(answer: WorkerAnswer): void {
    this.#port.postMessage(answer);
  }
}

function openFile(path: string): number {
  try {
    return fs.openSync(path, "r+");
  } catch (error) {
    throw StorageError.wrap("open", path, error);
  }
}

/** The id by which Linux shows the thread below /proc; 0 if unknown. */
function threadId(): number {
  try {
    const path = fs.readlinkSync("/proc/thread-self");
    return Number(path.slice(path.lastIndexOf("/") + 1)) || 0;
  } catch {
    return 0;
  }
}

const threads = builtin<typeof Threads>("node:worker_threads")!;
if (!threads.isMainThread) {
  new FlushWorker(threads, threads.workerData as WorkerStart).run();
}

import { NodeStorage } from "../../storage/directory/node_storage.ts";
import type { ThreadOptions } from "../../storage/storage.ts";
import type { FrameThread } from "../../storage/thread/frame_thread.ts";
import { FlushThread } from "../../storage/thread/flush_thread.ts";
import { FLUSH_WORKER } from "../../storage/thread/flush_worker_source.ts";

/** A directory whose flush threads a test can change, and end. */
export class ThreadedStorage extends NodeStorage {
  /** The thread that was started last. */
  thread: FlushThread | undefined;
  /** Number of threads that have not ended. */
  running = 0;
  readonly #before: string;

  /** `before` is run by each thread first; `fs` is `node:fs` there. */
  constructor(directory: string, before = "") {
    super(directory);
    this.#before = `{
      const fs = process.getBuiltinModule("node:fs");
      const sleep = (ms) =>
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
      ${before}
    }`;
  }

  override async startThread(_: ThreadOptions): Promise<FrameThread> {
    this.running++;
    const ended = () => void this.running--;
    const source = this.#before + FLUSH_WORKER;
    this.thread = await FlushThread.start(this.location, ended, source);
    return this.thread;
  }
}

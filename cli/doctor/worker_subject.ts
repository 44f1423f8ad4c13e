import { Worker } from "node:worker_threads";
import { StorageError } from "../../storage/storage_error.ts";
import { FILE_BYTES, type Subject, type Trial } from "./subject.ts";

/**
 * A string, because a separate file would be missing from a bundle. It answers
 * each message: a number is an offset to write at and sync, `"restart"` empties
 * the file.
 */
const PROGRAM = `
Promise.all([import("node:worker_threads"), import("node:fs")]).then(
  ([{ parentPort, workerData }, fs]) => {
    const answer = (act) => {
      try {
        act();
        parentPort.postMessage({});
      } catch (error) {
        parentPort.postMessage({ error, code: error.code });
      }
    };
    const bytes = new Uint8Array(workerData.bytes).fill(0x57);
    let file;
    parentPort.on("message", (message) => answer(() => {
      if (message === "restart") fs.ftruncateSync(file, 0);
      else fs.writeSync(file, bytes, 0, bytes.length, message);
      fs.fdatasyncSync(file);
    }));
    answer(() => file = fs.openSync(workerData.path, "r+"));
  },
);`;

interface Answer {
  readonly error?: Error;
  readonly code?: string;
}

/** Makes a file durable on its own worker thread. */
export class WorkerSubject implements Subject {
  readonly #worker: Worker;
  readonly #path: string;
  readonly #trial: Trial;
  #offset = 0;
  #answered: (answer: Answer) => void = () => {};

  private constructor(path: string, trial: Trial) {
    this.#path = path;
    this.#trial = trial;
    const workerData = { path, bytes: trial.bytes };
    this.#worker = new Worker(PROGRAM, { eval: true, workerData });
    this.#worker.on("message", (answer: Answer) => this.#answered(answer));
    this.#worker.on("error", (error) => this.#answered({ error }));
  }

  /** Resolves when the worker has opened the file at `path`, which must exist. */
  static async make(path: string, trial: Trial): Promise<WorkerSubject> {
    const subject = new WorkerSubject(path, trial);
    try {
      await subject.#answer();
      return subject;
    } catch (error) {
      await subject.close();
      throw error;
    }
  }

  /** Whether the file has grown as far as it may. */
  get isFull(): boolean {
    return this.#trial.file === "growing" && this.#offset >= FILE_BYTES;
  }

  /** Runs once, so that no turn pays for what the one before left behind. */
  async prepare(): Promise<void> {
    if (this.isFull) {
      this.#offset = 0;
      await this.#ask("restart");
    }
    await this.run();
  }

  /** Lasts from the message to the worker until its answer. */
  run(): Promise<void> {
    const { file, bytes } = this.#trial;
    if (file === "zeroed" && this.#offset + bytes > FILE_BYTES) {
      this.#offset = 0;
    }
    const offset = this.#offset;
    this.#offset += bytes;
    return this.#ask(offset);
  }

  /** Ends the worker, which closes the file. */
  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #ask(message: number | "restart"): Promise<void> {
    const answer = this.#answer();
    this.#worker.postMessage(message);
    return answer;
  }

  #answer(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#answered = ({ error, code }) => {
        if (error === undefined) return resolve();
        const cause = Object.assign(error, code !== undefined && { code });
        reject(StorageError.wrap("write to", this.#path, cause));
      };
    });
  }
}

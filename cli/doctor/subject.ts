import {
  isPromise,
  type MaybePromise,
  type Storage,
  type StorageFile,
  writeAll,
} from "../../storage/storage.ts";

/** Something whose cost is measured, again and again. */
export interface Subject {
  /** Comes before each turn of measuring, and does not count. */
  prepare(): MaybePromise<void>;
  /** Whether its file is as large as it may get, until `prepare`. */
  readonly isFull: boolean;
  /** What is measured. */
  run(): MaybePromise<void>;
  /** Releases what it holds; may be called once, and any time. */
  close(): MaybePromise<void>;
}

/** One way to make records durable, of which the doctor measures the cost. */
export interface Trial {
  /** Whether the file grows with each write, or was filled with zeros before. */
  readonly file: "growing" | "zeroed";
  /**
   * Who syncs: nobody, the calling thread (`io: "blocking"`), the runtime's
   * thread pool (`io: "threaded"`), or a worker thread that is sent a message,
   * writes and syncs, and answers.
   */
  readonly call: "none" | "blocking" | "threaded" | "worker";
  /** Bytes that are written before each sync. */
  readonly bytes: number;
}

/** What one page of records costs, which is what the ways are compared by. */
export const PAGE_BYTES = 4096;

const FILES = ["zeroed", "growing"] as const;
const CALLS = ["blocking", "threaded", "worker"] as const;
const OTHER_BYTES = [512, 64 * 1024, 1024 * 1024];

/** All that is measured: every way with a page, then other sizes. */
export const TRIALS: readonly Trial[] = [
  { file: "zeroed", call: "none", bytes: PAGE_BYTES },
  ...FILES.flatMap((file) =>
    CALLS.map((call) => ({ file, call, bytes: PAGE_BYTES }))
  ),
  ...FILES.flatMap((file) =>
    OTHER_BYTES.map((bytes) => ({ file, call: "blocking" as const, bytes }))
  ),
];

/** A growing file begins anew beyond this; a zeroed one has it. */
export const FILE_BYTES = 8 * 1024 * 1024;

/** Makes one file of a directory durable, with the log's own adapter. */
export class StorageSubject implements Subject {
  readonly #file: StorageFile;
  readonly #trial: Trial;
  readonly #bytes: Uint8Array;
  #offset = 0;

  private constructor(file: StorageFile, trial: Trial) {
    this.#file = file;
    this.#trial = trial;
    this.#bytes = new Uint8Array(trial.bytes).fill(0x57);
  }

  /** Makes the file `name`, which is not there. */
  static async make(
    storage: Storage,
    name: string,
    trial: Trial,
  ): Promise<StorageSubject> {
    if (trial.file === "zeroed") await storage.allocate!(name, 0, FILE_BYTES);
    const mode = trial.file === "zeroed" ? "write" : "create";
    const file = await storage.open(name, mode);
    await storage.syncDirectory();
    return new StorageSubject(file, trial);
  }

  /** Whether the file has grown as far as it may. */
  get isFull(): boolean {
    return this.#trial.file === "growing" && this.#offset >= FILE_BYTES;
  }

  /** One run ahead, so that nobody pays for what others left behind. */
  async prepare(): Promise<void> {
    if (this.isFull) {
      await this.#file.truncate(0);
      await this.#file.datasync();
      this.#offset = 0;
    }
    await this.run();
  }

  /** Writes behind what it wrote before, and syncs. */
  run(): MaybePromise<void> {
    const { file, bytes } = this.#trial;
    if (file === "zeroed" && this.#offset + bytes > FILE_BYTES) {
      this.#offset = 0;
    }
    const written = writeAll(this.#file, this.#bytes, this.#offset);
    this.#offset += bytes;
    return isPromise(written) ? written.then(() => this.#sync()) : this.#sync();
  }

  /** Closes the file. */
  close(): MaybePromise<void> {
    return this.#file.close();
  }

  #sync(): MaybePromise<void> {
    if (this.#trial.call !== "none") return this.#file.datasync();
  }
}

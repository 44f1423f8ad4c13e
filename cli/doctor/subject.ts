import { writeAll } from "../../storage/storage.ts";
import {
  isPromise,
  type MaybePromise,
  type Storage,
  type StorageFile,
} from "../../storage/storage.ts";

/** Something whose cost is measured repeatedly. */
export interface Subject {
  /** Called before each turn; does not count. */
  prepare(): MaybePromise<void>;
  /** Whether its file is as large as it may get, before the next `prepare`. */
  readonly isFull: boolean;
  /** The action to measure. */
  run(): MaybePromise<void>;
  /** Releases what it holds; may be called once, at any time. */
  close(): MaybePromise<void>;
}

/** A way to make records durable whose cost the doctor measures. */
export interface Trial {
  /** Whether the file grows with each write, or was zero-filled beforehand. */
  readonly file: "growing" | "zeroed";
  /**
   * What syncs: nothing, the calling thread (`io: "blocking"`), the runtime's
   * thread pool (`io: "threaded"`), or a worker thread that receives a message,
   * writes, syncs and answers.
   */
  readonly call: "none" | "blocking" | "threaded" | "worker";
  /** Bytes written before each sync. */
  readonly bytes: number;
}

/** The size by which the ways are compared. */
export const PAGE_BYTES = 4096;

const FILES = ["zeroed", "growing"] as const;
const CALLS = ["blocking", "threaded", "worker"] as const;
const OTHER_BYTES = [512, 64 * 1024, 1024 * 1024];

/** Everything to measure: every way with a page, then other sizes. */
export const TRIALS: readonly Trial[] = [
  { file: "zeroed", call: "none", bytes: PAGE_BYTES },
  ...FILES.flatMap((file) =>
    CALLS.map((call) => ({ file, call, bytes: PAGE_BYTES }))
  ),
  ...FILES.flatMap((file) =>
    OTHER_BYTES.map((bytes) => ({ file, call: "blocking" as const, bytes }))
  ),
];

/** The size of a zero-filled file, and the most of a growing one. */
export const FILE_BYTES = 8 * 1024 * 1024;

/** Makes a file durable through the adapter that a log uses. */
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

  /** Creates the file `name`, which must not exist. */
  static async make(
    storage: Storage,
    name: string,
    trial: Trial,
  ): Promise<StorageSubject> {
    const file = await storage.open(name, "create");
    if (trial.file === "zeroed") {
      await writeAll(file, new Uint8Array(FILE_BYTES), 0);
      await file.datasync();
    }
    await storage.syncDirectory();
    return new StorageSubject(file, trial);
  }

  /** Whether the file has grown as far as it may. */
  get isFull(): boolean {
    return this.#trial.file === "growing" && this.#offset >= FILE_BYTES;
  }

  /** Runs once, so that no turn pays for what the one before left behind. */
  async prepare(): Promise<void> {
    if (this.isFull) {
      await this.#file.truncate(0);
      await this.#file.datasync();
      this.#offset = 0;
    }
    await this.run();
  }

  /** Writes after what it wrote before, and syncs. */
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

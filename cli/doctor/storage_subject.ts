import { isPromise } from "../../storage/_is_promise.ts";
import type {
  MaybePromise,
  Storage,
  StorageFile,
} from "../../storage/storage.ts";
import { writeAll } from "../../storage/write_all.ts";
import type { Subject } from "./subject.ts";
import type { Trial } from "./trial.ts";

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

import { NodeStorage } from "../../../../storage/directory/node_storage.ts";
import type { OpenMode, StorageFile } from "../../../../storage/storage.ts";

/** In which way a {@linkcode LyingStorage} breaks its word. */
export type Lie =
  /** It syncs no file. */
  | "skips syncs"
  /** It does not wait until a sync is complete. */
  | "hurries syncs"
  /** It writes only after the sync that should have covered it. */
  | "writes late"
  /** It syncs no file before that has its name. */
  | "renames early"
  /** It syncs no directory. */
  | "skips directory syncs"
  /** It writes again what is synced already. */
  | "writes in place"
  /** It tries a failed sync again and believes the second answer. */
  | "retries syncs";

/** A storage on which no log could be durable, to prove that tests see it. */
export class LyingStorage extends NodeStorage {
  readonly #lie: Lie;

  /** Breaks its word on `directory`. */
  constructor(directory: string, lie: Lie) {
    super(directory, { io: lie === "hurries syncs" ? "threaded" : "blocking" });
    this.#lie = lie;
  }

  /** Opens a file that lies. */
  override open(name: string, mode: OpenMode): StorageFile {
    const file = super.open(name, mode);
    if (mode !== "read") LIES[this.#lie](file, mode);
    return file;
  }

  /** Syncs the directory, or says so. */
  override syncDirectory(): void {
    if (this.#lie !== "skips directory syncs") super.syncDirectory();
  }
}

/** A segment is created under another name, and then opened to be written. */
const LIES: Record<Lie, (file: StorageFile, mode: OpenMode) => void> = {
  "skips syncs": (file, mode) => {
    if (mode === "write") file.datasync = () => {};
  },
  "hurries syncs": (file) => {
    const sync = file.datasync.bind(file);
    file.datasync = () => {
      Promise.resolve(sync()).catch(() => {});
      return Promise.resolve();
    };
  },
  "writes late": (file) => {
    const [write, sync] = [file.write.bind(file), file.datasync.bind(file)];
    const late: [Uint8Array, number][] = [];
    file.write = (bytes, offset) =>
      late.push([bytes.slice(), offset]) && bytes.length;
    file.datasync = () => {
      sync();
      for (const [bytes, offset] of late.splice(0)) write(bytes, offset);
    };
  },
  "renames early": (file, mode) => {
    if (mode === "create") file.datasync = () => {};
  },
  "skips directory syncs": () => {},
  "writes in place": (file) => {
    const sync = file.datasync.bind(file);
    const again = new TextEncoder().encode("SYNCLINE");
    file.datasync = () => {
      sync();
      file.write(again, 0);
    };
  },
  "retries syncs": (file) => {
    const sync = file.datasync.bind(file);
    file.datasync = () => {
      try {
        return sync();
      } catch {
        return sync();
      }
    };
  },
};

import type { OpenMode, StorageFile } from "../storage.ts";
import { fs } from "./builtins.ts";
import { DirectoryStorage } from "./directory_storage.ts";
import { NodeFile } from "./node_file.ts";
import type { FileStorageOptions } from "./sync_routing.ts";

/**
 * A directory accessed through `node:fs`: the default on Node and Bun; works on
 * Deno too.
 *
 * Acks at `disk` rest on `fdatasync` (on macOS, `F_FULLFSYNC`, through libuv).
 * Throws `TypeError` if an option is invalid.
 *
 * @example
 * ```ts
 * import { NodeStorage } from "@syncline/wal/storage";
 * import { Wal } from "@syncline/wal";
 * import { mkdtempSync, rmSync } from "node:fs";
 *
 * const directory = mkdtempSync("/tmp/wal-");
 * const storage = new NodeStorage(directory, { io: "threaded" });
 * const wal = await Wal.open(storage);
 * await wal.append("durable");
 * await wal.close();
 * rmSync(directory, { recursive: true });
 * ```
 */
export class NodeStorage extends DirectoryStorage {
  /** Resolves the path, and touches nothing on disk. */
  constructor(directory: string | URL, options: FileStorageOptions = {}) {
    super(directory, options);
  }

  /** Opens a file in the directory. */
  override open(name: string, mode: OpenMode): StorageFile {
    const path = this.path(name);
    const isNew = mode === "create";
    const bits = isNew ? this.mode : undefined;
    const descriptor = this.attempt(isNew ? "create" : "open", path, () => {
      const descriptor = fs.openSync(path, FLAGS[mode], bits);
      if (bits !== undefined) fs.fchmodSync(descriptor, bits);
      return descriptor;
    });
    return new NodeFile(path, descriptor, this.routing);
  }
}

const FLAGS = { create: "wx+", read: "r", write: "r+" };

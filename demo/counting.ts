import type { BatchPolicy, FlushReport } from "../policies/batch_policy.ts";
import { DenoStorage } from "../storage/directory/deno_storage.ts";
import type { StorageFile } from "../storage/storage.ts";

/** The runtime's own storage, which counts its syncs of files. */
export class CountingStorage extends DenoStorage {
  /** Calls of `datasync` so far. */
  syncs = 0;

  /** Opens a file whose syncs are counted. */
  override open(name: string, mode: "create" | "read"): StorageFile {
    const file = super.open(name, mode);
    const datasync = file.datasync.bind(file);
    file.datasync = () => {
      this.syncs++;
      return datasync();
    };
    return file;
  }
}

/** Decides as another policy does, and counts its flushes. */
export class CountingPolicy implements BatchPolicy {
  /** Flushes so far. */
  flushes = 0;
  readonly #policy: BatchPolicy;

  /** Stands for `policy`. */
  constructor(policy: BatchPolicy) {
    this.#policy = policy;
  }

  /** The policy's own. */
  get limits(): BatchPolicy["limits"] {
    return this.#policy.limits;
  }

  /** The policy's own. */
  get whenIdle(): BatchPolicy["whenIdle"] {
    return this.#policy.whenIdle;
  }

  /** The policy's own. */
  due(...args: Parameters<BatchPolicy["due"]>): number {
    return this.#policy.due(...args);
  }

  /** Counts, and tells the policy. */
  observe(flush: FlushReport): void {
    this.flushes++;
    this.#policy.observe?.(flush);
  }
}

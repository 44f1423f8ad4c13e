import { argumentError, requireOptions } from "../../argument.ts";
import type { FileStorageOptions } from "./directory_storage.ts";

/** Syncs that are looked at together: an outlier among them decides nothing. */
const RECENT = 8;

/** A sync that takes longer blocks the event loop for too long. */
export const SLOW_MS = 1;

/** One that takes less is not worth to be handed over. */
export const FAST_MS = 0.5;

/**
 * Decides where syncs are made, by how long the last ones took. Between slow
 * and fast it stays as it is, so that it does not go to and fro.
 */
export class SyncPlace {
  readonly #isFixed: boolean;
  readonly #recent: number[] = [];
  #isThreaded: boolean;

  /** Throws `TypeError` on an option that is unknown or out of bounds. */
  constructor(options: FileStorageOptions) {
    requireOptions("make a storage", options, ["io"]);
    const { io = "auto" } = options;
    if (!["auto", "blocking", "threaded"].includes(io)) {
      const rule = '"auto", "blocking" or "threaded"';
      throw argumentError("make a storage", "io", rule, io);
    }
    this.#isFixed = io !== "auto";
    this.#isThreaded = io === "threaded";
  }

  /** Whether the next sync is to be made on another thread. */
  get isThreaded(): boolean {
    return this.#isThreaded;
  }

  /** Takes note of how long a sync took, in ms. */
  observe(ms: number): void {
    if (this.#isFixed) return;
    this.#recent.push(ms);
    if (this.#recent.length < RECENT) return;
    const others = this.#recent.filter((recent) =>
      this.#isThreaded ? recent < FAST_MS : recent > SLOW_MS
    );
    if (others.length > RECENT / 2) this.#isThreaded = !this.#isThreaded;
    this.#recent.length = 0;
  }
}

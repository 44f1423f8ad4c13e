import { requireOneOf, requireOptions } from "../../argument.ts";

/** Options of `NodeStorage` and `DenoStorage`. */
export interface FileStorageOptions {
  /**
   * Where syncs run:
   *
   * - `"auto"` (default): blocking while syncs are fast, otherwise threaded;
   * - `"blocking"`: on the calling thread. Fastest if a sync takes well under a
   *   millisecond, but it blocks the event loop;
   * - `"threaded"`: on the runtime's thread pool. Handing a sync over costs
   *   about 40 us; right if a sync takes milliseconds.
   *
   * Writes always run on the calling thread, because the system only copies
   * them to memory.
   */
  io?: "auto" | "blocking" | "threaded" | undefined;
  /**
   * Permission bits of the files that it creates, whatever the umask is: an
   * integer from 0o600 to 0o777 that lets the owner read and write. Directories
   * that it creates can be entered by those who may read. What exists keeps its
   * bits, and Windows has none. Default: 0o666 without the bits of the umask.
   */
  mode?: number | undefined;
}

/** Number of syncs judged together, so that one outlier decides nothing. */
const RECENT = 8;

/** Syncs longer than this block the event loop for too long, in ms. */
export const SLOW_MS = 1;

/** Syncs shorter than this are not worth handing over, in ms. */
export const FAST_MS = 0.5;

/**
 * Decides where syncs run, by how long the last ones took. Between fast and
 * slow nothing changes, so that it does not flip back and forth.
 */
export class SyncRouting {
  readonly #isFixed: boolean;
  readonly #recent: number[] = [];
  #isThreaded: boolean;
  /** Number of flush threads: what is left to this one should not block it. */
  #threads = 0;

  /** Throws `TypeError` if an option is unknown or invalid. */
  constructor(options: FileStorageOptions) {
    requireOptions("create a storage", options, ["io", "mode"]);
    const { io = "auto" } = options;
    const choices = ["auto", "blocking", "threaded"] as const;
    requireOneOf("create a storage", "io", io, choices);
    this.#isFixed = io !== "auto";
    this.#isThreaded = io === "threaded";
  }

  /** Whether the next sync should run on another thread. */
  get isThreaded(): boolean {
    return this.#isThreaded || this.#threads > 0 && !this.#isFixed;
  }

  /** A flush thread begins; returns what to call when it ends. */
  addThread(): () => void {
    this.#threads++;
    return () => this.#threads--;
  }

  /** Records how long a sync took, in ms. */
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

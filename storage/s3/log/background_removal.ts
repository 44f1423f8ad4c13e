import { removeDropped } from "./remove_dropped.ts";
import type { OwnedLog } from "./shared_log.ts";

/**
 * Removes what a log has dropped, in the background. If that fails, it warns, and
 * the next truncation tries again.
 */
export class BackgroundRemoval {
  readonly #log: OwnedLog;
  readonly #warn: (message: string) => void;
  readonly #end = new AbortController();
  /** What was dropped last: how often that was asked to be removed. */
  #asked = 0;
  /** The slot up to which only fences are left. */
  #removed = 0;
  #running: Promise<void> | undefined;

  /** Makes no call. */
  constructor(log: OwnedLog, warn: (message: string) => void) {
    this.#log = log;
    this.#warn = warn;
  }

  /** Begins, or begins again once it is done. */
  start(): void {
    this.#asked++;
    this.#running ??= this.#run().finally(() => this.#running = undefined);
  }

  /** Ends its requests; resolves once nothing of it goes on. */
  async stop(): Promise<void> {
    this.#end.abort(new DOMException("The log is closed", "AbortError"));
    await this.#running;
  }

  async #run(): Promise<void> {
    for (let done = 0; done < this.#asked && !this.#end.signal.aborted;) {
      done = this.#asked;
      await this.#remove();
    }
    this.#asked = 0;
  }

  async #remove(): Promise<void> {
    try {
      const { signal } = this.#end;
      this.#removed = await removeDropped(this.#log, signal, this.#removed);
    } catch (error) {
      if (this.#end.signal.aborted) return;
      const reason = error instanceof Error ? error.message : String(error);
      this.#warn(
        `Cannot remove what the log in "${this.#log.store.location}" has ` +
          `dropped: ${reason}; the next truncation tries again`,
      );
    }
  }
}

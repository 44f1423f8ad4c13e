import type { Clock } from "./clock.ts";

/**
 * Repeats a task of a log that nobody waits for. It does not keep the process
 * alive.
 */
export class Background {
  readonly #clock: Clock;
  readonly #waitMs: () => number;
  readonly #task: () => void | Promise<void>;
  #cancel: () => void = () => {};
  #running: Promise<void> = Promise.resolve();
  #isStopped = false;

  /**
   * Runs `task`, which must not fail, `everyMs` after it was created, and then
   * that long after each end; or after what a function returns.
   */
  constructor(
    clock: Clock,
    everyMs: number | (() => number),
    task: () => void | Promise<void>,
  ) {
    this.#clock = clock;
    this.#waitMs = typeof everyMs === "number" ? () => everyMs : everyMs;
    this.#task = task;
    this.#wait();
  }

  /** Runs it no more; resolves when the run in progress, if any, has ended. */
  stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel();
    return this.#running;
  }

  #wait(): void {
    if (this.#isStopped) return;
    const clock = this.#clock;
    const run = () => {
      this.#running = this.#run();
    };
    const waitMs = this.#waitMs();
    this.#cancel = clock.inBackground?.(waitMs, run) ??
      clock.after(waitMs, run);
  }

  async #run(): Promise<void> {
    await this.#task();
    this.#wait();
  }
}

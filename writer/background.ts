import type { Clock } from "./clock.ts";

/**
 * Something to repeat, which must not fail. It may return after how many ms it
 * wants to run again.
 */
export type Task = () => number | void | Promise<number | void>;

/**
 * Repeats a task of a log that nobody waits for. It does not keep the process
 * alive.
 */
export class Background {
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #task: Task;
  #cancel: () => void = () => {};
  #running: Promise<void> = Promise.resolve();
  #isStopped = false;

  /**
   * Runs `task` `firstMs` after it was created, by default `everyMs`, and then
   * `everyMs` after each end, unless the task says otherwise.
   */
  constructor(
    clock: Clock,
    everyMs: number,
    task: Task,
    firstMs: number = everyMs,
  ) {
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#task = task;
    this.#wait(firstMs);
  }

  /**
   * Runs it no more; resolves when the run in progress, if any, has ended, or
   * after `patienceMs`.
   */
  async stop(patienceMs = Infinity): Promise<void> {
    this.#isStopped = true;
    this.#cancel();
    if (patienceMs === Infinity) return await this.#running;
    let cancel = () => {};
    const patience = new Promise<void>((resolve) => {
      cancel = this.#clock.after(patienceMs, resolve);
    });
    await Promise.race([this.#running, patience]);
    cancel();
  }

  #wait(delayMs: number): void {
    if (this.#isStopped) return;
    const clock = this.#clock;
    const run = () => {
      this.#running = this.#run();
    };
    this.#cancel = clock.inBackground?.(delayMs, run) ??
      clock.after(delayMs, run);
  }

  async #run(): Promise<void> {
    const delayMs = await this.#task();
    this.#wait(delayMs ?? this.#everyMs);
  }
}

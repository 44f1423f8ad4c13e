import { Child } from "./child.ts";
import type { Runtime } from "./runtimes.ts";
import type { RacerAnswer, RacerOrder } from "./victims/racer.ts";

/** A process that follows orders; see `victims/racer.ts`. */
export class Racer implements AsyncDisposable {
  readonly #child: Child;

  /** Starts it. */
  constructor(
    /** What it runs on. */
    readonly runtime: Runtime,
    victim: string,
  ) {
    this.#child = new Child([...runtime.command, victim], {
      timeoutMs: 60_000,
    });
  }

  /** Its process id. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Resolves once it listens. */
  async ready(): Promise<void> {
    await this.#answer();
  }

  /** Gives an order and waits for the answer. */
  do(order: RacerOrder): Promise<RacerAnswer> {
    this.#child.send(JSON.stringify(order));
    return this.#answer();
  }

  /** Kills it, and waits until it is gone. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#child[Symbol.asyncDispose]();
  }

  async #answer(): Promise<RacerAnswer> {
    return JSON.parse(await this.#child.nextLine());
  }
}

import type { Buffer } from "node:buffer";

/**
 * Group commit as one writes it by hand: the records of a turn, and those that
 * came while a commit was in flight, are committed together.
 */
export class HandGroup {
  readonly #commit: (records: readonly Buffer[]) => void | Promise<void>;
  #records: Buffer[] = [];
  #acks: (() => void)[] = [];
  #isBusy = false;

  /** `commit` is done when it returns, or when its promise resolves. */
  constructor(commit: (records: readonly Buffer[]) => void | Promise<void>) {
    this.#commit = commit;
  }

  /** Resolves when the record is durable. */
  append(record: Buffer): Promise<void> {
    this.#records.push(record);
    if (!this.#isBusy) this.#start();
    return new Promise((resolve) => this.#acks.push(resolve));
  }

  #start(): void {
    this.#isBusy = true;
    setImmediate(() => {
      const records = this.#records;
      const acks = this.#acks;
      this.#records = [];
      this.#acks = [];
      const committing = this.#commit(records);
      if (committing instanceof Promise) {
        committing.then(() => this.#end(acks));
      } else {
        this.#end(acks);
      }
    });
  }

  #end(acks: (() => void)[]): void {
    this.#isBusy = false;
    if (this.#records.length > 0) this.#start();
    for (const ack of acks) ack();
  }
}

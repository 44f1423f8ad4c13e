import type { Buffer } from "node:buffer";
import type { RuntimeName } from "../process/runtime.ts";
import type { Case } from "./case.ts";

/*
 * What makes the comparison fair, and what does not:
 *
 * - The same records: random bytes, made before the clock starts, the same for
 *   all. They are random so that nobody gains by compression.
 * - The same durability: an ack comes after the data's sync, in each
 *   contender's safest ordinary setting. Before anything is measured, strace
 *   shows whether a sync really completes between an append and its ack.
 * - The same callers: one function drives all contenders and awaits what each
 *   returns.
 * - A contender without group commit gets one written by hand (`HandGroup`),
 *   which commits the records of a turn together. If people use it without one,
 *   too, that is a separate contender.
 * - Each measurement has its own process, with a warm-up that is not counted. In
 *   each round all contenders of a case run directly after each other, in a
 *   different order each round. The tables show the median of the rounds and
 *   their spread. Ratios to the floor are formed within a round, so that a disk
 *   that drifts moves both.
 * - The floor writes only the bytes of the records: no framing, no checksum, no
 *   promise. Nobody can be expected to reach it at 1024 callers.
 * - Not the same: a database maintains an index, and Redis is another process,
 *   which uses the second core. Nobody asked them for more than a log here, but
 *   they pay for it all the same.
 */

/** What is measured: a way to make records durable. */
export interface Contender {
  /** What `--only` and the tables call it. */
  readonly name: string;
  /** Why its acks mean "on disk", in a few words. */
  readonly how: string;
  /** The npm packages whose versions matter. */
  readonly packages?: readonly string[];
  /** The kinds of cases it takes part in. */
  readonly kinds: readonly Case["kind"][];
  /** Says in the parent what is missing here, if anything. */
  missing?(runtime: RuntimeName): string | undefined;
  /** Opens a fresh store in an empty directory. */
  open(directory: string): Store | Promise<Store>;
}

/** An open store. A method that returns no promise is done when it returns. */
export interface Store {
  /** Makes one record durable. */
  append?(record: Buffer): unknown;
  /** Makes records durable together. */
  appendAll?(records: readonly Buffer[]): unknown;
  /** Makes bytes durable that are already laid out; only floors have it. */
  writeGroup?(bytes: Buffer): unknown;
  /** Releases what it holds. */
  close(): unknown;
}

/**
 * Group commit as one would write it by hand: the records of a turn, and those
 * that arrived during a commit, are committed together.
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

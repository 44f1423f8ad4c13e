import type { LogView } from "../../reader/log_view.ts";
import type { FollowedBatch, FollowedRecord } from "../../reader/follow.ts";
import type { FollowOptions } from "../../reader/following.ts";
import type { LogIterator } from "../../reader/serial_generator.ts";
import type { AckLevel } from "../../writer/acks.ts";
import { assert, assertEquals } from "./assert.ts";
import { recordAt } from "./lookup_log.ts";

/** How a follower is opened. */
export interface FollowerPlan extends FollowOptions {
  /** Whether it takes batches. */
  batches?: boolean;
}

/**
 * A follower whose every answer is checked: each record comes once, in order and
 * unchanged, and has reached the level that it is said to have. The
 * records of the log are those of `recordAt`.
 */
export class WatchedFollower {
  /** LSN of the record that must come next. */
  next: number;
  /** `"done"`, or the name of the error that ended it. */
  end: string | undefined;
  /** Whether it was asked for something while the log was open. */
  hasBegun = true;
  /** Calls of `next` that were not answered yet. */
  pending = 0;
  readonly #log: LogView;
  readonly #level: AckLevel;
  readonly #follower: LogIterator<FollowedRecord | FollowedBatch>;
  #asked = 0;
  #answered = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(log: LogView, { batches, ...options }: FollowerPlan = {}) {
    this.#log = log;
    this.#level = options.level ?? "disk";
    this.next = options.from ?? log.firstLsn;
    this.#follower = batches ? log.followBatches(options) : log.follow(options);
  }

  /** Asks for another value; several may be asked for at once. */
  pull(): void {
    this.pending++;
    const serial = this.#asked++;
    this.#last = this.#follower.next().then(({ done, value }) => {
      assertEquals(serial, this.#answered++, "answers out of order");
      if (done) this.end ??= "done";
      else this.#take(value);
    }).catch((error) => {
      if (error.name === "AssertionError") throw error;
      this.#answered = Math.max(this.#answered, serial + 1);
      this.end ??= error.name;
    }).finally(() => {
      this.pending--;
    });
    this.#last.catch(() => {});
  }

  /** Whether it was ever asked. */
  get isAsked(): boolean {
    return this.#asked > 0;
  }

  /** Resolves when all that was asked for has been answered. */
  settled(): Promise<void> {
    return this.#last;
  }

  /** Asks until it ends. */
  async drain(): Promise<void> {
    while (this.end === undefined) {
      this.pull();
      await this.#last;
    }
  }

  /** Ends it early. */
  async return(): Promise<void> {
    await this.#follower.return(undefined);
    await this.#last;
  }

  #take(value: FollowedRecord | FollowedBatch): void {
    const { level } = value;
    const list = "records" in value ? [...value.records] : [value.data];
    const first = "records" in value ? value.firstLsn : value.lsn;
    assertEquals(first, this.next);
    assert(list.length > 0);
    for (const data of list) {
      assertEquals(data, recordAt(this.next++) as Uint8Array<ArrayBuffer>);
    }
    const { writtenLsn, durableLsn, lastLsn } = this.#log;
    const reached = { memory: lastLsn, os: writtenLsn, disk: durableLsn };
    assert(reached[level] >= this.next - 1, `${level} is not true`);
    assert(reached[this.#level] >= this.next - 1, "too early");
  }
}

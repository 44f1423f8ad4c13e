import { deepStrictEqual, ok } from "node:assert/strict";
import type { LogIterator } from "../../reader/serial_generator.ts";
import { WalReader } from "../../reader/wal_reader.ts";
import { CompactedError, TruncatedError } from "../../storage/frame_log.ts";
import type { MemoryStorage } from "../../storage/memory/mod.ts";
import type { LogRecord } from "../../writer/record.ts";
import type { LifeBody } from "../explore/recording.ts";
import { afterChanges } from "./after_changes.ts";
import { type WalFact, WalHistory } from "./wal_history.ts";

/**
 * A workload or check for `explore` with readers: after every change to the
 * storage, two readers that have been there from the start look at it, one at
 * each level, and so does a new one. It throws unless
 *
 * - what they show are the records that were sent, in order, none of them twice
 *   and none left out, unless a checkpoint dropped it or a cut took it back;
 * - what a reader shows at `"disk"` outlives every power loss, and at `"os"`
 *   the death of the process;
 * - once the body has closed the log, they show all that was acknowledged.
 *
 * @example
 * ```ts
 * import {
 *   explore,
 *   walCheck,
 *   walWorkload,
 *   withReaders,
 * } from "@syncline/wal/testing";
 *
 * await explore(
 *   withReaders(walWorkload([{ do: "append", bytes: 10 }, { do: "await" }])),
 *   withReaders(walCheck()),
 *   { bound: 64, samples: 2 },
 * );
 * ```
 */
export function withReaders(body: LifeBody<WalFact>): LifeBody<WalFact> {
  return async (life) => {
    const history = new WalHistory(life.facts);
    const readers = [
      new ReadAlong(life.storage, history, "disk"),
      new ReadAlong(life.storage, history, "os"),
    ];
    let looking = Promise.resolve();
    const look = () => {
      looking = looking.then(async () => {
        for (const reader of readers) {
          const lsn = await reader.look();
          life.note({ kind: "acked", lsn }, reader.level);
        }
        await new ReadAlong(life.storage, history, "disk").lookOnce();
      });
      return looking;
    };
    await look();
    await body({
      ...life,
      storage: afterChanges(life.storage, look),
      note(fact, level) {
        history.add(fact);
        life.note(fact, level);
      },
    });
    await look();
    for (const reader of readers) await reader.end();
  };
}

/** A reader, and what it has shown. */
class ReadAlong {
  readonly level: "disk" | "os";
  readonly #storage: MemoryStorage;
  readonly #history: WalHistory;
  #reader: WalReader | undefined;
  #nextLsn = 1;
  #following: LogIterator<LogRecord> | undefined;

  constructor(
    storage: MemoryStorage,
    history: WalHistory,
    level: "disk" | "os",
  ) {
    this.#storage = storage;
    this.#history = history;
    this.level = level;
  }

  /** Reads what is new; returns the LSN of the last record shown. */
  async look(): Promise<number> {
    this.#reader ??= await WalReader.open(this.#storage, { level: this.level });
    const reader = this.#reader;
    await reader.refresh();
    if (reader.lastLsn < this.#nextLsn - 1) this.#goBackTo(reader.lastLsn);
    while (this.#nextLsn <= reader.lastLsn) {
      try {
        await this.#read(reader);
      } catch (error) {
        if (error instanceof TruncatedError) {
          this.#goBackTo(error.lastLsn);
          continue;
        }
        if (!(error instanceof CompactedError)) throw error;
        const { truncatedBelow } = this.#history;
        ok(
          error.firstLsn <= truncatedBelow,
          `${error.message}, but it was not`,
        );
        this.#nextLsn = error.firstLsn;
      }
    }
    return this.#nextLsn - 1;
  }

  /** The same for a reader that is not needed again. */
  async lookOnce(): Promise<void> {
    try {
      await this.look();
    } finally {
      await this.#reader?.close();
    }
  }

  /** Throws unless all that was acknowledged has been shown. */
  async end(): Promise<void> {
    const { ackedLsn } = this.#history;
    const lastLsn = this.#nextLsn - 1;
    ok(lastLsn >= ackedLsn, `a reader shows ${lastLsn} of ${ackedLsn} records`);
    await this.#reader!.close();
  }

  #goBackTo(lastLsn: number): void {
    const isCut = this.#history.mayBeCutTo(lastLsn);
    ok(isCut, `a reader goes back from ${this.#nextLsn - 1} to ${lastLsn}`);
    this.#nextLsn = lastLsn + 1;
    this.#following = undefined;
  }

  /** Follows up to what is there, so that it never waits. */
  async #read(reader: WalReader): Promise<void> {
    const from = this.#nextLsn;
    this.#following ??= reader.follow({ from });
    try {
      const { value } = await this.#following.next();
      const { lsn, data } = value!;
      deepStrictEqual(lsn, this.#nextLsn, "a reader skips a record");
      ok(this.#history.isSent(lsn, data), `a reader shows a wrong ${lsn}`);
      this.#nextLsn++;
    } catch (error) {
      this.#following = undefined;
      throw error;
    }
  }
}

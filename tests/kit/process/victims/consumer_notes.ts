import assert from "node:assert/strict";
import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  writeSync,
} from "node:fs";
import type { Cursor } from "../../../../reader/cursors/cursor.ts";

/** What all lives of a consumer note: each record seen, and each commit. */
export class ConsumerNotes {
  readonly #seen = new Set<number>();
  readonly #file: number;
  #committedLsn = 0;

  /** Reads what earlier lives have noted, if there were any. */
  constructor(path: string) {
    const text = existsSync(path) ? readFileSync(path, "utf8") : "";
    for (const line of text.split("\n").slice(0, -1)) {
      const [word, lsn] = line.split(" ");
      if (word === "seen") this.#seen.add(Number(lsn));
      else this.#committedLsn = Number(lsn);
    }
    this.#file = openSync(path, "a");
  }

  /** Throws if a cursor took a commit back, or skipped a record. */
  compare({ committedLsn }: Cursor): void {
    const noted = this.#committedLsn;
    assert(committedLsn >= noted, `${committedLsn} < ${noted}`);
    this.requireSeen(committedLsn);
  }

  /** Throws unless all records up to `lsn` were seen. */
  requireSeen(last: number): void {
    for (let lsn = 1; lsn <= last; lsn++) {
      assert(this.#seen.has(lsn), `record ${lsn} was never seen`);
    }
  }

  /** Notes a record. */
  see(lsn: number): void {
    writeSync(this.#file, `seen ${lsn}\n`);
    this.#seen.add(lsn);
  }

  /** Notes a commit that is durable. */
  commit(lsn: number): void {
    writeSync(this.#file, `committed ${lsn}\n`);
  }

  /** Closes the file. */
  close(): void {
    closeSync(this.#file);
  }
}

import { deepStrictEqual, ok } from "node:assert/strict";

/** A record that was sent: enough to recreate its bytes. */
interface Sent {
  readonly lsn: number;
  readonly life: number;
  readonly bytes: number;
}

/** What a log must hold, according to everything that was noted. */
export class WalHistory {
  /** The records that may be there, from LSN 1 on. */
  readonly sent: Sent[] = [];
  /** Highest LSN that must be there. */
  ackedLsn = 0;
  /** Records below this LSN may be gone. */
  truncatedBelow = 1;
  /** Where the log may end because a cut was begun; else absent. */
  #cutLsn: number | undefined;
  /** Where a cut was ever begun. */
  readonly #begunCuts = new Set<number>();
  #batches: { first: number; last: number }[] = [];
  #life = 0;

  constructor(facts: readonly WalFact[]) {
    for (const fact of facts) this.add(fact);
  }

  /** Adds a fact. */
  add(fact: WalFact): void {
    if (fact.kind === "sent") return this.#send(fact);
    if (fact.kind === "acked") {
      this.ackedLsn = Math.max(this.ackedLsn, fact.lsn);
    } else if (fact.kind === "truncated") {
      this.truncatedBelow = Math.max(this.truncatedBelow, fact.lsn);
    } else if (fact.kind === "dropped") {
      this.#cut(fact.lsn - 1);
    } else if (fact.kind === "cutting") {
      this.#cutLsn = fact.lsn;
      this.#begunCuts.add(fact.lsn);
    } else if (fact.kind === "cut") {
      this.#cutLsn = undefined;
      if (!fact.isDone) return;
      this.#cut(fact.lsn);
      this.ackedLsn = fact.lsn;
    } else {
      // A record that did not survive never existed; its LSN is used again.
      this.#life++;
      this.#cutLsn = undefined;
      this.#cut(fact.lsn);
      this.ackedLsn = fact.lsn;
    }
  }

  /** Throws unless `found`, a log's records by LSN, is what it must be. */
  judge(found: ReadonlyMap<number, Uint8Array>, lastLsn: number): void {
    const { sent } = this;
    const isCut = lastLsn === this.#cutLsn;
    const ackedLsn = isCut ? lastLsn : this.ackedLsn;
    ok(lastLsn >= ackedLsn, `record ${lastLsn + 1} of ${ackedLsn} is lost`);
    ok(lastLsn <= sent.length, `record ${sent.length + 1} was never sent`);
    const firstLsn = Math.min(...found.keys(), lastLsn + 1);
    ok(
      firstLsn <= this.truncatedBelow,
      `record ${this.truncatedBelow} is lost: the first is ${firstLsn}`,
    );
    deepStrictEqual(found.size, lastLsn - firstLsn + 1, "there is a gap");
    for (const [lsn, data] of found) {
      const expected = makeRecord(sent[lsn - 1]);
      ok(equal(data, expected), `record ${lsn} has changed`);
    }
    for (const { first, last } of this.#batches) {
      const isWhole = last <= lastLsn || first > lastLsn || isCut;
      ok(isWhole, `batch ${first} to ${last} was split at ${lastLsn}`);
    }
  }

  /**
   * Whether readers may learn of a cut to `lsn`: one was begun. If its owner
   * died, readers may believe in it even if it was not made.
   */
  mayBeCutTo(lsn: number): boolean {
    return this.#begunCuts.has(lsn);
  }

  /** Whether `data` is what was sent as record `lsn`. */
  isSent(lsn: number, data: Uint8Array): boolean {
    const sent = this.sent[lsn - 1];
    return sent !== undefined && equal(data, makeRecord(sent));
  }

  /** The records of a `sent` fact, each of them unique. */
  recordsOf(fact: WalFact & { kind: "sent" }): Uint8Array[] {
    const first = this.sent.length + 1;
    return fact.bytes.map((bytes, index) =>
      makeRecord({ lsn: first + index, life: this.#life, bytes })
    );
  }

  #cut(lsn: number): void {
    this.sent.length = Math.min(this.sent.length, lsn);
    this.#batches = this.#batches.filter(({ last }) => last <= lsn);
  }

  #send({ bytes, together }: WalFact & { kind: "sent" }): void {
    const first = this.sent.length + 1;
    for (const size of bytes) {
      const lsn = this.sent.length + 1;
      this.sent.push({ lsn, life: this.#life, bytes: size });
    }
    if (together) this.#batches.push({ first, last: this.sent.length });
  }
}

/** Bytes that repeat the record's LSN and life. */
function makeRecord({ lsn, life, bytes }: Sent): Uint8Array {
  const record = new Uint8Array(bytes);
  for (let at = 0; at < bytes; at++) {
    record[at] = at % 2 === 0 ? lsn + (at >> 1) : life * 16 + 1;
  }
  return record;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

/** A fact about a log in use, as plain data. */
export type WalFact =
  /** Records that may be in the log, in the order of their LSNs. */
  | { kind: "sent"; bytes: readonly number[]; together: boolean }
  /** The disk was full: records from `lsn` on were rejected, and are gone. */
  | { kind: "dropped"; lsn: number }
  /** Everything up to `lsn` was acknowledged. */
  | { kind: "acked"; lsn: number }
  /** Everything after `lsn` may be gone, all of it or nothing. */
  | { kind: "cutting"; lsn: number }
  /** That is done, or was refused and has changed nothing. */
  | { kind: "cut"; lsn: number; isDone: boolean }
  /** Segments below `lsn` may be gone. */
  | { kind: "truncated"; lsn: number }
  /** After a crash the log ended at `lsn`, which is durable. */
  | { kind: "recovered"; lsn: number };

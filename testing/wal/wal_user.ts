import { StorageFullError } from "../../storage/storage_error.ts";
import { Wal } from "../../wal.ts";
import { DEFAULT_ACK, type WalOptions } from "../../wal_options.ts";
import type { AckLevel } from "../../writer/acks.ts";
import { QueueFullError } from "../../writer/append_queue.ts";
import type { Life } from "../explore/recording.ts";
import { type WalFact, WalHistory } from "./wal_history.ts";
import type { WalStep } from "./wal_steps.ts";

/** Uses a log, and notes everything that a user may rely on. */
export class WalUser {
  readonly #life: Life<WalFact>;
  readonly #makeOptions: MakeWalOptions;
  readonly #history: WalHistory;
  #wal: Wal;
  #ack: AckLevel;
  #pending: Promise<unknown>[] = [];
  #durableLsn: number;
  /** The last error that reported a full disk. */
  #full: StorageFullError | undefined;

  private constructor(
    life: Life<WalFact>,
    makeOptions: MakeWalOptions,
    opened: { wal: Wal; ack: AckLevel },
    history: WalHistory,
  ) {
    this.#life = life;
    this.#makeOptions = makeOptions;
    this.#history = history;
    this.#wal = opened.wal;
    this.#ack = opened.ack;
    this.#durableLsn = history.ackedLsn;
  }

  /** Opens the log of a life, which must match the life's facts. */
  static async open(
    life: Life<WalFact>,
    makeOptions: MakeWalOptions,
  ): Promise<WalUser> {
    const history = new WalHistory(life.facts);
    const opened = await open(life, makeOptions);
    return new WalUser(life, makeOptions, opened, history);
  }

  /** Takes a step; rejects if the log has failed. */
  async take(step: WalStep): Promise<void> {
    const { clock } = this.#life;
    // Rejections for lack of space must arrive before their LSNs are reused.
    for (let hop = 0; hop < HOPS; hop++) await undefined;
    if (step.do === "append") return this.#append(step);
    if (step.do === "appendBatch") return this.#appendBatch(step);
    if (step.do === "enqueue") return this.#enqueue(step);
    if (step.do === "await") return await this.#settle();
    if (step.do === "flush") return await this.#flush();
    if (step.do === "truncate") return this.#truncate();
    if (step.do === "cut") return await this.#cut(step.records);
    if (step.do === "reopen") return await this.#reopen();
    await new Promise<void>((resolve) => {
      if (step.do === "turn") clock.endOfTurn(resolve);
      else clock.after(step.ms, resolve);
    });
  }

  /** Closes the log, which acknowledges everything. */
  async close(): Promise<void> {
    await this.#wal.close();
    await this.#settle();
    this.#acked(this.#history.sent.length, "disk");
  }

  /** Notes where the log ends after a crash. */
  recovered(lsn: number): void {
    this.#note({ kind: "recovered", lsn });
    this.#durableLsn = lsn;
  }

  /** Throws unless the log holds what it must; returns where it ends. */
  async judge(): Promise<number> {
    const found = new Map<number, Uint8Array>();
    for await (const { lsn, data } of this.#wal.read()) found.set(lsn, data);
    const lastLsn = await this.#wal.flush();
    this.#history.judge(found, lastLsn);
    for (const [lsn, data] of found) await this.#lookUp(lsn, data);
    return lastLsn;
  }

  /** Gets a record by itself; it must be the one that reading found. */
  async #lookUp(lsn: number, data: Uint8Array): Promise<void> {
    const record = await this.#wal.get(lsn);
    const isSame = record?.lsn === lsn && record.data.length === data.length &&
      record.data.every((byte, at) => byte === data[at]);
    if (!isSame) throw new Error(`get(${lsn}) differs from what read() found`);
  }

  #append({ bytes, ack }: WalStep & { do: "append" }): void {
    const [record] = this.#send([bytes], false);
    const lsn = this.#history.sent.length;
    this.#expect(this.#wal.append(record, { ack }), lsn, ack);
  }

  #appendBatch({ bytes, ack }: WalStep & { do: "appendBatch" }): void {
    const records = this.#send(bytes, true);
    const lsn = this.#history.sent.length;
    this.#expect(this.#wal.appendBatch(records, { ack }), lsn, ack);
  }

  #enqueue({ bytes }: WalStep & { do: "enqueue" }): void {
    const fact = { kind: "sent", bytes: [bytes], together: false } as const;
    const [record] = this.#history.recordsOf(fact);
    try {
      const lsn = this.#wal.enqueue(record);
      this.#note(fact);
      this.#expect(this.#wal.settled(lsn), lsn, undefined);
    } catch (error) {
      if (!(error instanceof QueueFullError)) this.#rejected(error);
    }
  }

  async #flush(): Promise<void> {
    const lsn = this.#history.sent.length;
    await this.#wal.flush();
    this.#acked(lsn, "disk");
  }

  #truncate(): void {
    const lsn = Math.max(1, this.#durableLsn);
    this.#note({ kind: "truncated", lsn });
    this.#keep(this.#wal.truncateBefore(lsn));
  }

  async #cut(records: number): Promise<void> {
    const { sent, truncatedBelow } = this.#history;
    const lsn = Math.max(truncatedBelow - 1, sent.length - records);
    // The log may have dropped less than it may have, or refused records.
    if (lsn >= this.#wal.lastLsn || lsn < this.#wal.firstLsn - 1) return;
    this.#note({ kind: "cutting", lsn });
    try {
      await this.#wal.truncateAfter(lsn);
      this.#note({ kind: "cut", lsn, isDone: true });
      this.#durableLsn = lsn;
    } catch (error) {
      if (!(error instanceof StorageFullError)) throw error;
      this.#note({ kind: "cut", lsn, isDone: false });
      this.#rejected(error);
    }
  }

  async #reopen(): Promise<void> {
    await this.close();
    const { wal, ack } = await open(this.#life, this.#makeOptions);
    this.#wal = wal;
    this.#ack = ack;
  }

  async #settle(): Promise<void> {
    await Promise.all(this.#pending.splice(0));
  }

  #send(bytes: readonly number[], together: boolean): Uint8Array[] {
    const fact = { kind: "sent", bytes, together } as const;
    const records = this.#history.recordsOf(fact);
    this.#note(fact);
    return records;
  }

  #expect(
    call: Promise<unknown>,
    lsn: number,
    ack: AckLevel = this.#ack,
  ): void {
    this.#keep(
      call.then(() => this.#acked(lsn, ack), (error) => this.#rejected(error)),
    );
  }

  #keep(call: Promise<unknown>): void {
    call.catch(() => {}); // Reported to the caller that waits for all.
    this.#pending.push(call);
  }

  /** All waiters are rejected with the same error, which is noted once. */
  #rejected(error: unknown): never {
    if (error instanceof StorageFullError && error !== this.#full) {
      this.#full = error;
      if (error.lsn !== undefined) {
        this.#note({ kind: "dropped", lsn: error.lsn });
      }
    }
    throw error;
  }

  #acked(lsn: number, level: AckLevel): void {
    if (level === "memory") return;
    if (level === "disk") this.#durableLsn = Math.max(this.#durableLsn, lsn);
    this.#note({ kind: "acked", lsn }, level);
  }

  #note(fact: WalFact, level?: "os" | "disk"): void {
    this.#history.add(fact);
    this.#life.note(fact, level);
  }
}

/** Microtasks after which a rejection has reached its waiters. */
const HOPS = 64;

/** The options of an exploration, which opens a log thousands of times. */
const defaults: WalOptions = {
  // One sector: otherwise, most of the bytes written would be zeros.
  reserveBytes: 512,
  // The check judges what is found; nobody reads warnings.
  warn: () => {},
};

async function open(
  { storage, clock }: Life<WalFact>,
  makeOptions: MakeWalOptions,
): Promise<{ wal: Wal; ack: AckLevel }> {
  const options = makeOptions();
  const wal = await Wal.open(storage, { ...defaults, ...options, clock });
  return { wal, ack: DEFAULT_ACK[options.synchronous ?? "full"] };
}

/** Creates the options of the log under test, again for each opening. */
export type MakeWalOptions = () => WalOptions;

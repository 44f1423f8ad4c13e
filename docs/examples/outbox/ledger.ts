/**
 * A ledger of accounts with an outbox: a transfer and the event about it are
 * appended in one atomic batch.
 *
 * @module
 */
import {
  type Cursor,
  json,
  Wal,
  type WalOptions,
  type WalTarget,
} from "@syncline/wal";
import {
  type DeadLetter,
  type LedgerEvent,
  type LedgerRecord,
  LedgerState,
} from "./ledger_state.ts";

export type { DeadLetter, LedgerEvent, LedgerRecord };

/** The cursor of the dispatcher. */
export const OUTBOX = "outbox";

/** Options of the log below that a ledger may choose. */
export type LedgerOptions = Pick<
  WalOptions,
  "clock" | "flushing" | "policy" | "segmentBytes" | "warn"
>;

/** A ledger that is open; one process at a time may have it so. */
export class Ledger {
  readonly #wal: Wal<LedgerRecord, LedgerRecord>;
  readonly #state: LedgerState;
  /** The last record that the state contains. */
  #appliedLsn: number;
  /** Cents that transfers in progress will take from an account. */
  readonly #reserved = new Map<string, number>();
  /** Transfers in progress, by their ids. */
  readonly #pending = new Map<string, Promise<void>>();

  private constructor(
    wal: Wal<LedgerRecord, LedgerRecord>,
    state: LedgerState,
    appliedLsn: number,
  ) {
    this.#wal = wal;
    this.#state = state;
    this.#appliedLsn = appliedLsn;
  }

  /** Opens the ledger in a directory, or creates it. */
  static async open(
    target: WalTarget,
    options: LedgerOptions = {},
  ): Promise<Ledger> {
    const wal = await Wal.open(target, {
      ...options,
      codec: json<LedgerRecord>(),
      // A checkpoint keeps what the dispatcher has not delivered yet.
      cursors: { hold: [OUTBOX], limitBytes: Number.MAX_SAFE_INTEGER },
    });
    try {
      let state = new LedgerState();
      const from = await wal.restore(async (snapshot) => {
        state = new LedgerState(await snapshot.text());
      });
      let appliedLsn = from - 1;
      for await (const { lsn, data } of wal.read({ from })) {
        state.apply(data);
        appliedLsn = lsn;
      }
      return new Ledger(wal, state, appliedLsn);
    } catch (error) {
      await wal.close();
      throw error;
    }
  }

  /** What an account holds, as far as it is durable. */
  balance(account: string): number | undefined {
    return this.#state.balance(account);
  }

  /** Whether a transfer was made and is durable. */
  has(id: string): boolean {
    return this.#state.has(id);
  }

  /** The events that could not be delivered, by their keys. */
  get deadLetters(): ReadonlyMap<string, DeadLetter> {
    return this.#state.letters;
  }

  /** Opens an account; durable when it resolves. */
  async openAccount(name: string, cents: number): Promise<void> {
    if (!(Number.isSafeInteger(cents) && cents >= 0)) {
      throw new RangeError(`Cannot open account ${name} with ${cents} cents`);
    }
    if (this.balance(name) !== undefined) return;
    await this.#commit([{ is: "account", name, cents }]);
  }

  /**
   * Moves money, and leaves an event in the outbox. When it resolves, both are
   * durable; after a crash before, both are there or neither is. The same `id`
   * moves money once, however often the caller tries.
   *
   * Throws `RangeError` if an account is missing or has too little.
   */
  async transfer(
    id: string,
    { from, to, cents }: Omit<LedgerEvent, "key">,
  ): Promise<void> {
    if (this.has(id)) return;
    const pending = this.#pending.get(id);
    if (pending !== undefined) return await pending;
    const reserved = this.#reserved.get(from) ?? 0;
    const free = (this.balance(from) ?? 0) - reserved;
    if (!(Number.isSafeInteger(cents) && cents > 0 && cents <= free)) {
      throw new RangeError(
        `Cannot take ${cents} cents from ${from} because it has ${free}`,
      );
    }
    if (this.balance(to) === undefined) {
      throw new RangeError(`Cannot pay ${to} because there is no such account`);
    }
    this.#reserved.set(from, reserved + cents);
    const event = { key: id, from, to, cents };
    const committed = this.#commit([
      { is: "transfer", event },
      { is: "event", event },
    ]).finally(() => {
      this.#reserved.set(from, this.#reserved.get(from)! - cents);
      this.#pending.delete(id);
    });
    this.#pending.set(id, committed);
    await committed;
  }

  /** Keeps an event that cannot be delivered, durably. */
  async bury(event: LedgerEvent, reason: string): Promise<void> {
    await this.#commit([{ is: "buried", letter: { event, reason } }]);
  }

  /** Puts such an event into the outbox again, after all others. */
  async revive(key: string): Promise<void> {
    const letter = this.deadLetters.get(key);
    if (letter === undefined) return;
    await this.#commit([
      { is: "revived", key },
      { is: "event", event: letter.event },
    ]);
  }

  /** The outbox, for a dispatcher in this process. */
  async outbox(): Promise<Cursor<LedgerRecord>> {
    return await this.#wal.cursor(OUTBOX);
  }

  /**
   * Stores a snapshot of the state, and drops the records that neither it nor
   * the outbox needs.
   */
  async checkpoint(): Promise<void> {
    const text = `${this.#state}`;
    await this.#wal.checkpoint(() => text, { lsn: this.#appliedLsn });
  }

  /** Makes everything durable, and releases the directory. */
  async close(): Promise<void> {
    await this.#wal.close();
  }

  /**
   * Appends records atomically. The state changes once they are durable, in the
   * order of the log, because appends resolve in it.
   */
  async #commit(records: readonly LedgerRecord[]): Promise<void> {
    const { last } = await this.#wal.appendBatch(records);
    for (const record of records) this.#state.apply(record);
    this.#appliedLsn = last;
  }
}

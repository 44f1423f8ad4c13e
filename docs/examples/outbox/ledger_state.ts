/** What the ledger tells the world, once for each transfer. */
export interface LedgerEvent {
  /** The id of the transfer, by which a receiver knows what it has had. */
  readonly key: string;
  readonly from: string;
  readonly to: string;
  readonly cents: number;
}

/** An event that could not be delivered. */
export interface DeadLetter {
  readonly event: LedgerEvent;
  /** Why not. */
  readonly reason: string;
}

/** What is in the log: changes of the state, and events to deliver. */
export type LedgerRecord =
  | { readonly is: "account"; readonly name: string; readonly cents: number }
  | { readonly is: "transfer"; readonly event: LedgerEvent }
  | { readonly is: "buried"; readonly letter: DeadLetter }
  | { readonly is: "revived"; readonly key: string }
  | { readonly is: "event"; readonly event: LedgerEvent };

/** How many transfers are remembered by their id. */
const MOST_IDS = 10_000;

/** The state that the records of a ledger lead to. */
export class LedgerState {
  readonly #cents: Map<string, number>;
  readonly #ids: Set<string>;
  readonly #letters: Map<string, DeadLetter>;

  /** Nothing, or what `toString` has returned. */
  constructor(text = "[[],[],[]]") {
    const [accounts, ids, letters] = JSON.parse(text);
    this.#cents = new Map(accounts);
    this.#ids = new Set(ids);
    this.#letters = new Map(letters);
  }

  /** What an account holds; `undefined` if there is none. */
  balance(account: string): number | undefined {
    return this.#cents.get(account);
  }

  /** Whether a transfer was made, if it is not one of long ago. */
  has(id: string): boolean {
    return this.#ids.has(id);
  }

  /** The events that could not be delivered, by their keys. */
  get letters(): ReadonlyMap<string, DeadLetter> {
    return this.#letters;
  }

  /** Applies the next record. */
  apply(record: LedgerRecord): void {
    switch (record.is) {
      case "account":
        if (this.#cents.has(record.name)) break;
        this.#cents.set(record.name, record.cents);
        break;
      case "transfer": {
        const { key, from, to, cents } = record.event;
        this.#cents.set(from, this.#cents.get(from)! - cents);
        this.#cents.set(to, this.#cents.get(to)! + cents);
        this.#remember(key);
        break;
      }
      case "buried":
        this.#letters.set(record.letter.event.key, record.letter);
        break;
      case "revived":
        this.#letters.delete(record.key);
    }
  }

  /** The state as text, for a snapshot. */
  toString(): string {
    return JSON.stringify([
      [...this.#cents],
      [...this.#ids],
      [...this.#letters],
    ]);
  }

  #remember(id: string): void {
    this.#ids.add(id);
    if (this.#ids.size <= MOST_IDS) return;
    const [oldest] = this.#ids;
    this.#ids.delete(oldest);
  }
}

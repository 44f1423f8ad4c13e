import type { Arrival } from "../simulator/arrival.ts";

const FIRST = 1024;

/** Arrivals in columns of numbers, which cost 20 bytes each. */
export class ArrivalColumns implements Iterable<Arrival> {
  #at = new Float64Array(FIRST);
  #bytes = new Float64Array(FIRST);
  #records = new Uint32Array(FIRST);
  /** How many there are. */
  length = 0;

  /** Puts one at the end. */
  push(at: number, bytes: number, records: number): void {
    if (this.length === this.#at.length) this.#grow();
    this.#at[this.length] = at;
    this.#bytes[this.length] = bytes;
    this.#records[this.length++] = records;
  }

  /** Each in order, as often as is asked for. */
  *[Symbol.iterator](): Generator<Arrival> {
    for (let index = 0; index < this.length; index++) {
      yield {
        at: this.#at[index],
        bytes: this.#bytes[index],
        records: this.#records[index],
      };
    }
  }

  #grow(): void {
    const grown = this.length * 2;
    const [at, bytes, records] = [this.#at, this.#bytes, this.#records];
    this.#at = new Float64Array(grown);
    this.#at.set(at);
    this.#bytes = new Float64Array(grown);
    this.#bytes.set(bytes);
    this.#records = new Uint32Array(grown);
    this.#records.set(records);
  }
}

const FIRST = 1024;

/**
 * Appends that are not acknowledged yet, in order: those that have their place
 * in the queue, then those that wait for room. Columns of numbers, in a ring.
 */
export class EntryLine {
  #mask = FIRST - 1;
  #at = new Float64Array(FIRST);
  #bytes = new Float64Array(FIRST);
  #records = new Float64Array(FIRST);
  #callers = new Float64Array(FIRST);
  #first = 0;
  #placed = 0;
  #end = 0;

  /** Number of appends ever placed; the index of the next one. */
  get placed(): number {
    return this.#placed;
  }

  /** Whether any append waits for room. */
  get isCrowded(): boolean {
    return this.#placed < this.#end;
  }

  /** Puts an append at the end, where it waits to be placed. */
  push(at: number, bytes: number, records: number, caller: number): void {
    if (this.#end - this.#first > this.#mask) this.#grow();
    const slot = this.#end++ & this.#mask;
    this.#at[slot] = at;
    this.#bytes[slot] = bytes;
    this.#records[slot] = records;
    this.#callers[slot] = caller;
  }

  /** Bytes of the first append that waits for room. */
  get waitingBytes(): number {
    return this.#bytes[this.#placed & this.#mask];
  }

  /** Records of the first append that waits for room. */
  get waitingRecords(): number {
    return this.#records[this.#placed & this.#mask];
  }

  /** Says that the first append which waited for room has its place now. */
  place(): void {
    this.#placed++;
  }

  /** Takes out, in order, the appends before the index `end`. */
  takeUntil(end: number, taken: (at: number, caller: number) => void): void {
    while (this.#first < end) {
      const slot = this.#first++ & this.#mask;
      taken(this.#at[slot], this.#callers[slot]);
    }
  }

  #grow(): void {
    this.#at = this.#twice(this.#at);
    this.#bytes = this.#twice(this.#bytes);
    this.#records = this.#twice(this.#records);
    this.#callers = this.#twice(this.#callers);
    this.#mask = this.#mask * 2 + 1;
  }

  /** A slot is an index modulo the size: each has its place in the new ring. */
  #twice(column: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
    const grown = new Float64Array(column.length * 2);
    for (let index = this.#first; index < this.#end; index++) {
      grown[index & grown.length - 1] = column[index & this.#mask];
    }
    return grown;
  }
}

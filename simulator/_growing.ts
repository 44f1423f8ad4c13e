const FIRST = 1024;

/** A list of numbers that costs eight bytes each. */
export class GrowingNumbers {
  #numbers = new Float64Array(FIRST);
  #length = 0;

  /** Puts a number at the end. */
  push(number: number): void {
    if (this.#length === this.#numbers.length) {
      const grown = new Float64Array(this.#length * 2);
      grown.set(this.#numbers);
      this.#numbers = grown;
    }
    this.#numbers[this.#length++] = number;
  }

  /** The numbers; they share memory with the list. */
  view(): Float64Array {
    return this.#numbers.subarray(0, this.#length);
  }
}

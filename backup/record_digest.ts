import { crc32, type Frame } from "../storage/format/mod.ts";
import { batchOf } from "../storage/segments/mod.ts";

/**
 * A checksum of records, whichever frames and segments they are in. Two logs
 * with the same one have, in all likelihood, the same records there.
 */
export class RecordDigest {
  readonly #from: number;
  readonly #to: number;
  readonly #number = new DataView(new ArrayBuffer(16));
  #checksum = 0;

  /** Sums up the records `from` to `to`, both included. */
  constructor(from: number, to: number) {
    this.#from = from;
    this.#to = to;
  }

  /** The checksum of what was added. */
  get value(): number {
    return this.#checksum;
  }

  /** Adds those records of a whole frame that count; call it in order. */
  add(frame: Frame): void {
    const batch = batchOf("", frame, this.#from, this.#to);
    if (batch === undefined) return;
    const { firstLsn, records, lost } = batch;
    if (lost !== undefined) this.#mix(firstLsn, -lost);
    for (const record of records) {
      this.#mix(record.length, frame.time);
      this.#checksum = crc32(record, this.#checksum);
    }
  }

  #mix(one: number, other: number): void {
    this.#number.setFloat64(0, one);
    this.#number.setFloat64(8, other);
    const bytes = new Uint8Array(this.#number.buffer);
    this.#checksum = crc32(bytes, this.#checksum);
  }
}

import type { MemoryStorage } from "../../storage/memory_storage.ts";

/**
 * A 64-bit sum that tells byte strings apart: two 32-bit FNV-1a sums that
 * differ in their start (Fowler, Noll and Vo). Not safe against intent.
 */
export class Digest {
  #low = 0x811c9dc5;
  #high = 0xc9dc5118;

  /** Adds bytes, and that they end here. */
  bytes(bytes: Uint8Array): this {
    let low = this.#low;
    let high = this.#high;
    for (let at = 0; at < bytes.length; at++) {
      low = Math.imul(low ^ bytes[at], 0x01000193);
      high = Math.imul(high ^ bytes[at] ^ at & 0xff, 0x01000193);
    }
    this.#low = Math.imul(low ^ bytes.length, 0x01000193);
    this.#high = Math.imul(high ^ 0xff, 0x01000193);
    return this;
  }

  /** Adds text. */
  text(text: string): this {
    return this.bytes(new TextEncoder().encode(text));
  }

  /** Adds all that a storage shows, and all that is certain of it. */
  storage(storage: MemoryStorage): this {
    return this.#files(storage).#files(storage.crash(() => 0));
  }

  /** The sum so far. */
  toString(): string {
    return [this.#high, this.#low]
      .map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
  }

  #files(storage: MemoryStorage): this {
    const names = storage.list().sort();
    for (const name of names) this.text(name).bytes(storage.get(name)!);
    return this.text(`${names.length} files`);
  }
}

import type { Output } from "./cli_io.ts";

const CHUNK_BYTES = 256 * 1024;

/** Gathers small pieces, so that an output gets few large ones. */
export class ChunkedOutput {
  readonly #output: Output;
  readonly #chunk = new Uint8Array(CHUNK_BYTES);
  #filled = 0;

  /** Writes to `output`, and nowhere else does anybody meanwhile. */
  constructor(output: Output) {
    this.#output = output;
  }

  /** Takes all of `bytes` if there is room, else nothing and says so. */
  tryPush(bytes: Uint8Array): boolean {
    if (this.#filled + bytes.length > CHUNK_BYTES) return false;
    this.#chunk.set(bytes, this.#filled);
    this.#filled += bytes.length;
    return true;
  }

  /** Takes `bytes`, waiting for the output if there is no room. */
  async push(bytes: Uint8Array): Promise<void> {
    if (this.tryPush(bytes)) return;
    await this.flush();
    if (!this.tryPush(bytes)) await this.#output.write(bytes);
  }

  /** Hands over what was gathered. */
  async flush(): Promise<void> {
    const filled = this.#filled;
    this.#filled = 0;
    if (filled > 0) await this.#output.write(this.#chunk.subarray(0, filled));
  }
}

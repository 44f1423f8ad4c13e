import { Buffer, isUtf8 } from "node:buffer";
import { describeLoss } from "../../recovery/salvage/mod.ts";
import type { RecordBatch } from "../../storage/frame_log.ts";
import { type Output, writeLine } from "../io/cli_io.ts";

const TEXT_LENGTH = 64 * 1024;
const encoder = new TextEncoder();
const NEWLINE = new Uint8Array([10]);

/** Prints records as lines, and what is lost on `stderr`. */
export async function printRaw(
  { firstLsn, records, lost }: RecordBatch,
  output: ChunkedOutput,
  stderr: Output,
): Promise<void> {
  if (lost !== undefined) {
    const lastLsn = firstLsn + lost - 1;
    await writeLine(stderr, `wal: ${describeLoss({ firstLsn, lastLsn })}`);
  }
  for (const record of records) {
    if (!output.tryPush(record)) await output.push(record);
    if (!output.tryPush(NEWLINE)) await output.push(NEWLINE);
  }
}

/**
 * Prints records as JSON. Encodes many lines at once: one at a time, encoding
 * would be half of the work.
 */
export async function printJson(
  { firstLsn, records, lost }: RecordBatch,
  output: ChunkedOutput,
): Promise<void> {
  let text = lost === undefined
    ? ""
    : `${JSON.stringify({ lsn: firstLsn, lost })}\n`;
  let lsn = firstLsn;
  for (const record of records) {
    text += `${formatRecord(lsn++, record)}\n`;
    if (text.length < TEXT_LENGTH) continue;
    await output.push(encoder.encode(text));
    text = "";
  }
  await output.push(encoder.encode(text));
}

/**
 * A record as a JSON object in one line: `{"lsn":1,"text":"…"}`, or with
 * `base64` if it is not valid UTF-8.
 */
export function formatRecord(lsn: number, data: Uint8Array): string {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
  const shown = isUtf8(bytes)
    ? { lsn, text: bytes.toString("utf8") }
    : { lsn, base64: bytes.toString("base64") };
  return JSON.stringify(shown);
}

const CHUNK_BYTES = 256 * 1024;

/** Gathers small pieces, so that the output gets few large ones. */
export class ChunkedOutput {
  readonly #output: Output;
  readonly #chunk = new Uint8Array(CHUNK_BYTES);
  #filled = 0;

  /** Writes to `output`, which nobody else writes to meanwhile. */
  constructor(output: Output) {
    this.#output = output;
  }

  /** Takes all of `bytes` and returns true, or nothing if there is no room. */
  tryPush(bytes: Uint8Array): boolean {
    if (this.#filled + bytes.length > CHUNK_BYTES) return false;
    this.#chunk.set(bytes, this.#filled);
    this.#filled += bytes.length;
    return true;
  }

  /** Takes `bytes`, after waiting for the output if there is no room. */
  async push(bytes: Uint8Array): Promise<void> {
    if (this.tryPush(bytes)) return;
    await this.flush();
    if (!this.tryPush(bytes)) await this.#output.write(bytes);
  }

  /** Writes what was gathered. */
  async flush(): Promise<void> {
    const filled = this.#filled;
    this.#filled = 0;
    if (filled > 0) await this.#output.write(this.#chunk.subarray(0, filled));
  }
}

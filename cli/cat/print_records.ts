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

/** Prints records as JSON, one object in a line. */
export function printJson(
  batch: RecordBatch,
  output: ChunkedOutput,
): Promise<void> {
  return printLines(batch, output);
}

/**
 * The same, with what another log needs to be like this one: the time, and how
 * many records a batch has that begins in a line.
 */
export function printExport(
  batch: RecordBatch,
  output: ChunkedOutput,
): Promise<void> {
  const { time, records: { length } } = batch;
  const when = time === undefined ? {} : { time: new Date(time).toISOString() };
  const first = length > 1 ? { batch: length, ...when } : when;
  return printLines(batch, output, first, when);
}

/**
 * Encodes many lines at once: one at a time, that is half of the work. `first`
 * are further fields of the first line, `others` those of the other lines.
 */
async function printLines(
  { firstLsn, records, lost }: RecordBatch,
  output: ChunkedOutput,
  first: LineFields = {},
  others: LineFields = {},
): Promise<void> {
  let text = lost === undefined
    ? ""
    : `${JSON.stringify({ lsn: firstLsn, ...first, lost })}\n`;
  let lsn = firstLsn;
  for (const record of records) {
    const fields = lsn === firstLsn ? first : others;
    text += `${formatRecord(lsn++, record, fields)}\n`;
    if (text.length < TEXT_LENGTH) continue;
    await output.push(encoder.encode(text));
    text = "";
  }
  await output.push(encoder.encode(text));
}

/** What the line of a record says in addition to its LSN and its bytes. */
interface LineFields {
  /** Number of records of the batch that begins here. */
  readonly batch?: number;
  /** When it was written. */
  readonly time?: string;
}

/**
 * A record as a JSON object in one line: `{"lsn":1,"text":"…"}`, or with
 * `base64` if it is not valid UTF-8.
 */
export function formatRecord(
  lsn: number,
  data: Uint8Array,
  fields: LineFields = {},
): string {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
  const shown = isUtf8(bytes)
    ? { lsn, ...fields, text: bytes.toString("utf8") }
    : { lsn, ...fields, base64: bytes.toString("base64") };
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

import * as fs from "node:fs";

/** What a process knew at an instant. */
export interface Told {
  /** In ms since 1970, on a clock that all processes share. */
  readonly at: number;
  /** The last LSN that was acknowledged. */
  readonly acked: number;
  /** The last LSN that was synced. */
  readonly durable: number;
}

const ROW_BYTES = 3 * Float64Array.BYTES_PER_ELEMENT;

/** The time in ms, more exact than `Date.now()`. */
export function sharedNow(): number {
  return performance.timeOrigin + performance.now();
}

/**
 * Tells another process what was acknowledged, however this one ends: each row
 * is in the system's memory before the call returns. It is not synced, because
 * only processes die here.
 */
export class BoardWriter {
  readonly #descriptor: number;
  readonly #row = new Float64Array(3);
  readonly #bytes = new Uint8Array(this.#row.buffer);

  /** Creates the file. */
  constructor(path: string) {
    this.#descriptor = fs.openSync(path, "w");
  }

  /** Adds a row. */
  tell(acked: number, durable: number): void {
    this.#row.set([sharedNow(), acked, durable]);
    fs.writeSync(this.#descriptor, this.#bytes);
  }

  /** Closes the file. */
  close(): void {
    fs.closeSync(this.#descriptor);
  }
}

/** All whole rows of the file. */
export function readBoard(path: string): Told[] {
  const bytes = fs.readFileSync(path);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const rows = Math.floor(bytes.length / ROW_BYTES);
  return Array.from({ length: rows }, (_, row) => {
    const [at, acked, durable] = [0, 8, 16].map((offset) =>
      view.getFloat64(row * ROW_BYTES + offset, true)
    );
    return { at, acked, durable };
  });
}

/** What an end at one instant cost. */
export interface Loss {
  /** Acknowledged records that are not kept. */
  readonly records: number;
  /** Ms since the oldest of them was acknowledged; 0 if there is none. */
  readonly oldestMs: number;
}

/** What is lost if the end came at `endedAt` and records up to `kept` remain. */
export function lossOf(
  rows: readonly Told[],
  kept: number,
  endedAt: number,
): Loss {
  const acked = rows.at(-1)?.acked ?? 0;
  const oldest = rows.find((row) => row.acked > kept);
  return {
    records: Math.max(0, acked - kept),
    oldestMs: oldest === undefined ? 0 : Math.max(0, endedAt - oldest.at),
  };
}

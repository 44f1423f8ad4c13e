import { Buffer } from "node:buffer";
import * as fs from "node:fs";
import type { Store } from "./contender.ts";

const RECORD_BYTES = 100;
const APPENDS = 12;
const BATCHES = 6;
const BATCH = 8;

/** The bytes by which a traced write is known to hold the asked record. */
export function probeText(ask: number): string {
  return `syncline probe ${String(ask).padStart(4, "0")} `;
}

function probeRecord(ask: number): Buffer {
  return Buffer.alloc(RECORD_BYTES, probeText(ask));
}

/**
 * Makes a few records durable one after the other, and writes to the file
 * `marks` before each is asked for and after its ack.
 */
export async function probe(store: Store, marks: string): Promise<void> {
  const file = fs.openSync(marks, "w");
  let ask = 0;
  async function mark(act: () => unknown): Promise<void> {
    fs.writeSync(file, `ask ${ask}\n`);
    await act();
    fs.writeSync(file, `ack ${ask++}\n`);
    // What a store does behind its ack must not count for the next.
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { append, appendAll, writeGroup } = store;
  for (let turn = 0; append && turn < APPENDS; turn++) {
    await mark(() => append.call(store, probeRecord(ask)));
  }
  for (let turn = 0; appendAll && turn < BATCHES; turn++) {
    const records = Array.from({ length: BATCH }, () => probeRecord(ask));
    await mark(() => appendAll.call(store, records));
  }
  for (let turn = 0; writeGroup && turn < APPENDS; turn++) {
    await mark(() => writeGroup.call(store, probeRecord(ask)));
  }
  fs.closeSync(file);
}

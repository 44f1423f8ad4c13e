import { parseSegmentName } from "../../storage/format/file_names.ts";
import { decodeIndex } from "../../storage/format/segment_index.ts";
import { SegmentReader } from "../../storage/segments/segment_reader.ts";
import type { Storage } from "../../storage/storage.ts";
import type { Wal } from "../../wal.ts";
import type { LogRecord } from "../../writer/record.ts";
import { assertEquals } from "./assert.ts";

/*
 * Logs whose records say their own LSN, so that another record is never mistaken
 * for the one that was asked for.
 */

/** Bytes of each record. */
export const RECORD_BYTES = 100;

/** The record with an LSN. */
export function recordAt(lsn: number): Uint8Array {
  const record = new Uint8Array(RECORD_BYTES).fill(lsn);
  new DataView(record.buffer).setFloat64(0, lsn);
  return record;
}

/** Appends records up to `lastLsn`, in frames of `count`. */
export async function fillLog(
  wal: Wal,
  firstLsn: number,
  lastLsn: number,
  count: number,
): Promise<void> {
  for (let lsn = firstLsn; lsn <= lastLsn; lsn += count) {
    const length = Math.min(count, lastLsn + 1 - lsn);
    const batch = Array.from({ length }, (_, at) => recordAt(lsn + at));
    await wal.appendBatch(batch, { ack: "os" });
  }
}

/** Asserts that a record is the one with `lsn`. */
export function assertRecord(found: LogRecord | undefined, lsn: number): void {
  assertEquals(found, { lsn, data: recordAt(lsn) as Uint8Array<ArrayBuffer> });
}

/** Gets each of the LSNs, and reads from it on; asserts what is found. */
export async function assertFound(
  wal: Wal,
  lsns: Iterable<number>,
): Promise<void> {
  for (const lsn of lsns) {
    assertRecord(await wal.get(lsn), lsn);
    let next = lsn;
    for await (const record of wal.read({ from: lsn })) {
      assertRecord(record, next++);
      if (next === lsn + 3) break;
    }
  }
}

/**
 * LSNs of a log up to `lastLsn` where a lookup could go wrong: the first and
 * last of each segment, and those of entries of indexes; each with neighbors.
 */
export async function edgesOf(
  storage: Storage,
  lastLsn: number,
): Promise<number[]> {
  const edges = new Set([1, lastLsn]);
  for (const name of await storage.list()) {
    const parsed = parseSegmentName(name);
    if (parsed === undefined) continue;
    edges.add(parsed.firstLsn);
    const reader = await SegmentReader.open(storage, name);
    const seal = await reader.seal();
    await reader.close();
    for (const { lsn } of decodeIndex(seal?.payload ?? new Uint8Array())) {
      edges.add(lsn);
    }
  }
  const all = [...edges].flatMap((lsn) => [lsn - 1, lsn, lsn + 1]);
  return [...new Set(all)].filter((lsn) => lsn >= 1 && lsn <= lastLsn)
    .sort((a, b) => a - b);
}

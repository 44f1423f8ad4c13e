import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import type { Storage } from "../../storage/storage.ts";
import { Wal } from "../../wal.ts";
import type { WalOptions } from "../../wal_options.ts";
import { assert, assertEquals } from "./assert.ts";
import { withoutZeros } from "./changed_storage.ts";
import { decodeLog } from "./independent_decoder.ts";

/** A frame of a {@linkcode SmallLog}. */
export interface SmallFrame {
  /** Where it begins and ends in its segment, in bytes. */
  offset: number;
  end: number;
  /** Its records; the seal of a close has none. */
  firstLsn: number;
  lastLsn: number;
}

/** A segment of a {@linkcode SmallLog}. */
export interface SmallSegment {
  name: string;
  bytes: Uint8Array;
  frames: SmallFrame[];
}

/** A log of three segments, each of frames of 1, 2 and 1 records. */
export interface SmallLog {
  segments: SmallSegment[];
  /** Its other files: the manifest and the reserve. */
  others: Map<string, Uint8Array>;
  /** Whether it ends with a seal, and its manifest says so. */
  closed: boolean;
}

/** LSN of a small log's last record. */
export const LAST_LSN = 12;

/** Makes a log in three lives; the last writer closes it, or dies. */
export async function makeSmallLog(closed: boolean): Promise<SmallLog> {
  const storage = new MemoryStorage();
  let died = storage;
  for (let lsn = 1; lsn <= LAST_LSN; lsn += 4) {
    const wal = await Wal.open(withoutZeros(storage));
    await wal.append(recordOf(lsn));
    await wal.appendBatch([recordOf(lsn + 1), recordOf(lsn + 2)]);
    await wal.append(recordOf(lsn + 3));
    died = storage.crash(() => 0);
    await wal.close();
  }
  const files = filesOf(closed ? storage : died);
  const segments = decodeLog(files).segments.map(({ file, frames }) => ({
    name: file,
    bytes: files.get(file)!,
    frames: frames.map(({ offset, firstLsn, count, length }) => ({
      offset,
      end: offset + Math.ceil((48 + length) / 8) * 8,
      firstLsn,
      lastLsn: firstLsn + count - 1,
    })),
  }));
  const others = new Map(
    [...files].filter(([name]) => !/\.(wal|tmp)$/.test(name)),
  );
  return { segments, others, closed };
}

/** The text of a small log's record. */
export function recordOf(lsn: number): string {
  return `r${lsn}`.padEnd(2 + lsn % 5, ".");
}

/** The log with segment `index` changed, or gone. */
export function storageOf(
  { segments, others }: SmallLog,
  index?: number,
  changed?: Uint8Array,
): MemoryStorage {
  const storage = new MemoryStorage();
  for (const [name, bytes] of others) storage.put(name, bytes);
  for (const [at, { name, bytes }] of segments.entries()) {
    const put = at === index ? changed : bytes;
    if (put !== undefined) storage.put(name, put);
  }
  return storage;
}

/** A copy of all files that make up a log: not locks. */
export function filesOf(storage: MemoryStorage): Map<string, Uint8Array> {
  return new Map(
    storage.list().sort().map((name) => [name, storage.get(name)!]),
  );
}

/** A log as one reading of it finds it. */
export interface ReadLog {
  /** LSNs of the records; each was as it had been sent. */
  lsns: number[];
  /** First and last LSN of each hole. */
  holes: [number, number][];
}

/** Opens and reads a log, and compares each record with what was sent. */
export async function readLog(
  storage: Storage,
  options: WalOptions = {},
  act: (wal: Wal) => Promise<unknown> = () => Promise.resolve(),
): Promise<ReadLog> {
  const wal = await Wal.open(storage, { warn() {}, ...options });
  try {
    await act(wal);
    const read: ReadLog = { lsns: [], holes: [] };
    let next: number | undefined;
    for await (const { firstLsn, records, lost } of wal.readBatches()) {
      assertEquals(firstLsn, next ?? firstLsn, "LSNs leave something out");
      next = firstLsn + (lost ?? records.length);
      if (lost !== undefined) read.holes.push([firstLsn, next - 1]);
      let lsn = firstLsn;
      for (const data of records) {
        const text = new TextDecoder().decode(data);
        assertEquals(text, recordOf(lsn));
        read.lsns.push(lsn++);
      }
    }
    return read;
  } finally {
    await wal.close();
  }
}

/** The LSNs from 1 to `last` that are in none of the ranges. */
export function lsnsWithout(
  holes: readonly (readonly [number, number])[],
  last: number = LAST_LSN,
): number[] {
  return Array.from({ length: last }, (_, index) => index + 1)
    .filter((lsn) => !holes.some(([from, to]) => from <= lsn && lsn <= to));
}

/**
 * Asserts that an error names a file of the log and an offset, and why. Without
 * a `name` it may be any segment, or the directory if a file is missing.
 */
export function assertTyped(error: unknown, name?: string): void {
  const { name: kind, message } = error as Error;
  const found = error as { segment?: string; path?: string; offset?: number };
  const known = ["CorruptLogError", "ForeignFileError", "FormatVersionError"];
  assert(known.includes(kind), `${kind}: ${message}`);
  const path = found.segment ?? found.path ?? "";
  const isNamed = name === undefined
    ? path.endsWith(".wal") || path === "[memory]"
    : path.endsWith(name);
  assert(isNamed, message);
  if (kind === "CorruptLogError") assert((found.offset ?? -1) >= 0, message);
}

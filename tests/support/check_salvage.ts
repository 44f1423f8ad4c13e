import { salvageLog, type SalvageReport } from "../../recovery/salvage_log.ts";
import type { MemoryStorage } from "../../storage/memory_storage.ts";
import { assert, assertEquals } from "./assert.ts";
import { decodeLog } from "./independent_decoder.ts";
import {
  filesOf,
  LAST_LSN,
  lsnsWithout,
  readLog,
  recordOf,
} from "./small_log.ts";

/** What a salvage of a small log has to come to. */
export interface Salvaged {
  /** First and last LSN of each hole. */
  holes: [number, number][];
  /** LSN of the last record kept, or skipped by a hole. */
  lastLsn?: number;
  /** Whether anything is reported as damaged. */
  isDamaged: boolean;
}

/**
 * Salvages a log and checks all that is promised of that: what is kept and
 * what is lost, that the originals are kept, that a dry run and a second
 * salvage change nothing, and that the log goes on.
 */
export async function checkSalvage(
  storage: MemoryStorage,
  { holes, isDamaged, lastLsn = LAST_LSN }: Salvaged,
): Promise<SalvageReport> {
  const before = filesOf(storage);
  const foreseen = await salvageLog(storage);
  assertEquals(filesOf(storage), before, "a dry run has changed something");
  const report = await salvage(storage);
  assertEquals(report, foreseen, "a dry run has foreseen something else");
  assertEquals(report.damages.length > 0, isDamaged, JSON.stringify(report));
  assertEquals(lostIn(report), holes);
  if (!isDamaged) assertEquals(filesOf(storage), before);
  assertOriginals(storage, before, report);

  const after = filesOf(storage);
  assertEquals((await salvage(storage)).damages, [], "damage is left");
  assertEquals(filesOf(storage), after, "a second salvage changed something");

  const lsns = lsnsWithout(holes, lastLsn);
  assertEquals(report.records, lsns.length);
  const decoded = decodeLog(after);
  assertEquals(decoded.holes, holes, "by the document");
  assertEquals(decoded.records.length, lsns.length, "by the document");
  const recovery = report.torn === undefined ? "strict" : "tail";
  const read = await readLog(storage, { recovery }, async (wal) => {
    assertEquals(await wal.append(recordOf(lastLsn + 1)), lastLsn + 1);
  });
  assertEquals(read, { lsns: [...lsns, lastLsn + 1], holes });
  return report;
}

/** Runs a salvage under the storage's lock. */
export async function salvage(storage: MemoryStorage): Promise<SalvageReport> {
  const lock = await storage.lock();
  try {
    return await salvageLog(storage, { lock });
  } finally {
    await lock.release();
  }
}

/** First and last LSN of each hole that a report tells of. */
export function lostIn({ damages }: SalvageReport): [number, number][] {
  return damages.filter(({ firstLsn, lastLsn }) => lastLsn >= firstLsn)
    .map(({ firstLsn, lastLsn }) => [firstLsn, lastLsn]);
}

/** Every file's bytes are there still: under its name, or where reported. */
function assertOriginals(
  storage: MemoryStorage,
  before: ReadonlyMap<string, Uint8Array>,
  { damages }: SalvageReport,
): void {
  for (const { path, original } of damages) {
    if (original === undefined) continue;
    const bytes = before.get(path.replace("[memory]/", ""));
    const kept = storage.get(original.replace("[memory]/", ""));
    assert(bytes !== undefined, path);
    assertEquals(kept, bytes, `${original} is not what ${path} was`);
  }
  for (const [name, bytes] of before) {
    const isSame = sameBytes(storage.get(name), bytes) ||
      damages.some(({ path, original }) =>
        path.endsWith(name) && original !== undefined
      );
    assert(isSame, `the bytes of ${name} are gone`);
  }
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a?.length === b.length && b.every((byte, at) => byte === a[at]);
}

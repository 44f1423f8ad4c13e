import {
  salvageLog,
  type SalvageReport,
} from "../../recovery/salvage/salvage_log.ts";
import { listFiles } from "../../recovery/survey.ts";
import type { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { assert, assertEquals } from "./assert.ts";
import { decodeLog } from "./independent_decoder.ts";
import {
  filesOf,
  LAST_LSN,
  lsnsWithout,
  readLog,
  recordOf,
} from "./small_log.ts";

/** The result that a salvage of a small log must have. */
export interface Salvaged {
  /** First and last LSN of each hole. */
  holes: [number, number][];
  /** LSN of the last record kept, or skipped by a hole. */
  lastLsn?: number;
  /** Whether anything is reported as damaged. */
  isDamaged: boolean;
}

/**
 * Salvages a log and checks what is kept, what is lost, and that the originals
 * are kept: with the reader that follows the document, which is fast.
 */
export async function checkKept(
  storage: MemoryStorage,
  { holes, isDamaged, lastLsn = LAST_LSN }: Salvaged,
): Promise<SalvageReport> {
  const before = filesOf(storage);
  const report = await salvage(storage);
  assertEquals(report.damages.length > 0, isDamaged, JSON.stringify(report));
  assertEquals(lostIn(report), holes);
  if (!isDamaged) assertSameFiles(storage, before);
  assertOriginals(storage, before, report);
  const lsns = lsnsWithout(holes, lastLsn);
  assertEquals(report.records, lsns.length);
  const decoded = decodeLog(filesOf(storage));
  assertEquals(decoded.refusal, undefined, "by the document");
  assertEquals(decoded.holes, holes, "by the document");
  const texts = decoded.records.map(({ data }) =>
    new TextDecoder().decode(data)
  );
  assertEquals(texts, lsns.map(recordOf), "by the document");
  return report;
}

/**
 * Salvages a log and checks everything that is promised about it: what
 * {@linkcode checkKept} does, that a dry run and a second salvage change
 * nothing, and that the log continues.
 */
export async function checkSalvage(
  storage: MemoryStorage,
  want: Salvaged,
): Promise<SalvageReport> {
  const { holes, lastLsn = LAST_LSN } = want;
  const before = filesOf(storage);
  const foreseen = await salvageLog(storage);
  assertSameFiles(storage, before);
  const report = await checkKept(storage, want);
  assertEquals(report, foreseen, "a dry run has predicted something else");

  const after = filesOf(storage);
  assertEquals((await salvage(storage)).damages, [], "damage is left");
  assertSameFiles(storage, after);

  // A repair's manifest names the end, so nothing after it is torn.
  const isTorn = report.torn !== undefined && !want.isDamaged;
  const recovery = isTorn ? "tail" : "strict";
  const read = await readLog(storage, { recovery }, async (wal) => {
    assertEquals(await wal.append(recordOf(lastLsn + 1)), lastLsn + 1);
  });
  const lsns = [...lsnsWithout(holes, lastLsn), lastLsn + 1];
  assertEquals(read, { lsns, holes });
  return report;
}

/** Asserts that nothing was changed; faster than comparing maps. */
function assertSameFiles(
  storage: MemoryStorage,
  before: ReadonlyMap<string, Uint8Array>,
): void {
  assertEquals(storage.list().sort(), [...before.keys()]);
  for (const [name, bytes] of before) {
    assert(sameBytes(storage.get(name), bytes), `${name} was changed`);
  }
}

/** Runs a salvage under the storage's lock. */
export async function salvage(storage: MemoryStorage): Promise<SalvageReport> {
  const { highestEpoch: above } = await listFiles(storage);
  const lock = await storage.lock({ above });
  try {
    return await salvageLog(storage, { lock });
  } finally {
    await lock.release();
  }
}

/** First and last LSN of each hole that a report names. */
export function lostIn({ damages }: SalvageReport): [number, number][] {
  return damages.filter(({ firstLsn, lastLsn }) => lastLsn >= firstLsn)
    .map(({ firstLsn, lastLsn }) => [firstLsn, lastLsn]);
}

/** Every file's bytes are still there: under its name, or where reported. */
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

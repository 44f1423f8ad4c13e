import type { Storage, StorageLock } from "../storage/storage.ts";
import { findRuns, type FoundSegment } from "./find_runs.ts";
import { keepOriginal, nextOriginal } from "./keep_original.ts";
import { planSalvage } from "./plan_salvage.ts";
import type { SalvagePlan } from "./salvage_plan.ts";
import { openingEpoch } from "./opening_epoch.ts";
import { removeUnfinished } from "./remove_unfinished.ts";
import { rewriteSegment } from "./rewrite_segment.ts";
import { type Survey, survey } from "./survey.ts";

/** Options of {@linkcode salvageLog}. */
export interface SalvageOptions {
  /**
   * The storage's lock, which the caller holds and keeps. Without it nothing
   * is changed, and the report says what would be.
   */
  lock?: StorageLock | undefined;
}

/** One place of damage, and what became of it. */
export interface SalvagedDamage {
  /** The path of the segment. */
  readonly path: string;
  /** Where in it, in bytes, as it was before. */
  readonly offset: number;
  /** What was expected and what was found. */
  readonly reason: string;
  /** LSN of the first record that is lost, or of the next if none is. */
  readonly firstLsn: number;
  /** LSN of the last record that is lost; below `firstLsn` if none is. */
  readonly lastLsn: number;
  /** Path of a copy of the segment as it was; absent if it was missing. */
  readonly original?: string;
}

/** What a salvage found and did. */
export interface SalvageReport {
  /** Number of records that are kept. */
  readonly records: number;
  /** The damage, in order; none if the log is whole. */
  readonly damages: readonly SalvagedDamage[];
  /** A torn end, as a crash leaves it: no damage, but not kept either. */
  readonly torn?: {
    /** The path of the last segment. */
    readonly path: string;
    /** Where in it, in bytes. */
    readonly offset: number;
    /** What was expected and what was found. */
    readonly reason: string;
  };
}

/**
 * Repairs a log in segment files that recovery refuses: keeps every frame that
 * is whole, and records a hole for each run of records that is lost, so that
 * the log can be read and opened again. Reads all of it.
 *
 * Damaged segments are written anew, one after the other, each atomically; the
 * bytes that they had are kept beside, as `NAME.wal.broken`. What is not
 * damaged is not touched, and a torn end, as a crash may leave it, is no
 * damage. When it resolves all is durable. A crash inside it loses nothing
 * more: what is left to do is done by the next call.
 *
 * Throws `FormatVersionError`, `ForeignFileError`, `FencedError` or
 * `StorageError`.
 *
 * @example
 * ```ts
 * import { Wal } from "@syncline/wal";
 * import { salvageLog } from "@syncline/wal/recovery";
 * import { MemoryStorage } from "@syncline/wal/storage";
 * import assert from "node:assert/strict";
 *
 * const storage = new MemoryStorage();
 * const wal = await Wal.open(storage);
 * for (const record of ["one", "two", "three"]) await wal.append(record);
 * await wal.close();
 *
 * const [name] = storage.list();
 * const bytes = storage.get(name)!;
 * bytes[64 + 48 + 44] ^= 1; // in record 2
 * storage.put(name, bytes);
 * await assert.rejects(Wal.open(storage), { name: "CorruptLogError" });
 *
 * const { records, damages } = await salvageLog(storage); // a dry run
 * assert.equal(records, 2);
 * assert.deepEqual([damages[0].firstLsn, damages[0].lastLsn], [2, 2]);
 *
 * const lock = storage.lock();
 * await salvageLog(storage, { lock });
 * await lock.release();
 * const repaired = await Wal.open(storage);
 * const lsns: number[] = [];
 * for await (const { lsn } of repaired.read()) lsns.push(lsn);
 * assert.deepEqual(lsns, [1, 3]);
 * await repaired.close();
 * ```
 */
export async function salvageLog(
  storage: Storage,
  { lock }: SalvageOptions = {},
): Promise<SalvageReport> {
  const files = await survey(storage);
  const plan = planSalvage(await findAll(storage, files));
  if (plan.damages.length === 0) return toReport(storage, plan, new Map());
  const kept = lock === undefined
    ? foresee(plan, files)
    : await carryOut(storage, lock, plan, files);
  return toReport(storage, plan, kept);
}

/** All of it before anything is changed: any of it may be refused. */
async function findAll(
  storage: Storage,
  { segments }: Survey,
): Promise<FoundSegment[]> {
  const found: FoundSegment[] = [];
  for (const [index, segment] of segments.entries()) {
    const end = segments[index + 1]?.firstLsn ?? Infinity;
    found.push(await findRuns(storage, segment, end));
  }
  return found;
}

/** Names of the originals by segment. */
type Originals = ReadonlyMap<string, string>;

function foresee({ rewrites }: SalvagePlan, { originals }: Survey): Originals {
  return new Map(
    rewrites.filter(({ replaces }) => replaces)
      .map(({ segment: { name } }) => [name, nextOriginal(name, originals)]),
  );
}

/** Each step leaves a log that loses no more than the one before. */
async function carryOut(
  storage: Storage,
  lock: StorageLock,
  { rewrites }: SalvagePlan,
  files: Survey,
): Promise<Originals> {
  await removeUnfinished(storage, files, openingEpoch(lock, files));
  const kept = new Map<string, string>();
  for (const rewrite of rewrites) {
    const { name } = rewrite.segment;
    if (rewrite.replaces) {
      kept.set(name, await keepOriginal(storage, lock, name, files.originals));
    }
    await rewriteSegment(storage, lock, rewrite);
  }
  return kept;
}

function toReport(
  { location }: Storage,
  { records, damages, torn }: SalvagePlan,
  originals: Originals,
): SalvageReport {
  return {
    records,
    damages: damages.map(({ segment, ...damage }) => {
      const name = originals.get(segment);
      if (name === undefined) return damage;
      return { ...damage, original: `${location}/${name}` };
    }),
    ...(torn !== undefined && { torn }),
  };
}

import { randomNumber } from "../storage/create_segment.ts";
import { makeLogId } from "../storage/format/log_id.ts";
import { writeManifest } from "../storage/manifest_file.ts";
import { SegmentReader } from "../storage/segment_reader.ts";
import type { Storage, StorageLock } from "../storage/storage.ts";
import { findSegments } from "./find_segments.ts";
import { missingFile } from "./judge_end.ts";
import { keepOriginal, nextOriginal } from "./keep_original.ts";
import { planSalvage } from "./plan_salvage.ts";
import { removeUnfinished } from "./remove_files.ts";
import { rewriteSegment } from "./rewrite_segment.ts";
import type { PlannedDamage, SalvagePlan } from "./salvage_plan.ts";
import { type DamagedSurvey, surveyDamaged } from "./survey.ts";

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
  /** The path of the segment, or of the log where a segment is missing. */
  readonly path: string;
  /** Where in it, in bytes, as it was before. */
  readonly offset: number;
  /** What was expected and what was found. */
  readonly reason: string;
  /** LSN of the first record that is lost, or of the next if none is. */
  readonly firstLsn: number;
  /** LSN of the last record that is lost; below `firstLsn` if none is. */
  readonly lastLsn: number;
  /** Present if nobody knows whether others are lost as well. */
  readonly lossUnknown?: true;
  /** Path of the segment as it was; absent if it was missing. */
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
 * Damaged segments are written anew, one after the other, each atomically under
 * the name of its next revision; the bytes that they had are kept as
 * `NAME.wal.broken`, and so is a segment of another log, or a copy under a wrong
 * name. What is not damaged is not touched, and a torn end, as a crash may leave
 * it, is no damage. When it resolves all is durable. A crash inside it loses nothing
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
 * const name = storage.list().find((name) => name.endsWith(".wal"))!;
 * const bytes = storage.get(name)!;
 * bytes[64 + 56 + 52] ^= 1; // in record 2
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
  const files = await surveyDamaged(storage);
  const plan = planSalvage(await findSegments(storage, files), {
    location: storage.location,
    manifest: files.manifest,
  });
  plan.damages.unshift(...damageOfManifest(storage, files));
  if (plan.damages.length === 0) return toReport(storage, plan, new Map());
  const kept = lock === undefined
    ? foresee(plan, files)
    : await carryOut(storage, lock, plan, files);
  return toReport(storage, plan, kept);
}

/** Without a whole manifest nobody knows what the log had. */
function damageOfManifest(
  { location }: Storage,
  files: DamagedSurvey,
): PlannedDamage[] {
  const { manifestFault, segments } = files;
  const isIncomplete = manifestFault === undefined &&
    (files.manifest === undefined
      ? segments.length > 0
      : segments.some(({ epoch }) => epoch > files.manifest!.epoch));
  const reason = manifestFault?.reason ??
    (isIncomplete ? missingFile(files) : undefined);
  if (reason === undefined) return [];
  const firstLsn = segments[0]?.firstLsn ?? 1;
  return [{
    path: manifestFault?.path ?? location,
    segment: manifestFault?.name ?? "",
    offset: 0,
    reason: `${reason}; nobody knows which records were before the first ` +
      "segment and after the last",
    firstLsn,
    lastLsn: firstLsn - 1,
    lossUnknown: true,
  }];
}

/** Names of the originals by the names that they had. */
type Originals = ReadonlyMap<string, string>;

/** Files that are to be kept under another name, and not to be read. */
function putAside({ foreign }: SalvagePlan, files: DamagedSurvey): string[] {
  const { manifestFault, replaced } = files;
  return [
    ...replaced.map(({ name }) => name),
    ...foreign,
    ...(manifestFault === undefined ? [] : [manifestFault.name]),
  ];
}

function foresee(plan: SalvagePlan, files: DamagedSurvey): Originals {
  const { rewrites } = plan;
  const rewritten = rewrites.filter(({ replaces }) => replaces)
    .map(({ segment: { name } }) => name);
  return new Map(
    [...rewritten, ...putAside(plan, files)]
      .map((name) => [name, nextOriginal(name, files.originals)]),
  );
}

/** Each step leaves a log that loses no more than the one before. */
async function carryOut(
  storage: Storage,
  lock: StorageLock,
  plan: SalvagePlan,
  files: DamagedSurvey,
): Promise<Originals> {
  await removeUnfinished(storage, files, lock.epoch);
  const kept = new Map<string, string>();
  const keep = async (name: string) => {
    const { originals } = files;
    kept.set(name, await keepOriginal(storage, lock, name, originals));
  };
  const log = files.manifest?.log ?? await logIdOf(storage, files);
  for (const name of putAside(plan, files)) await keep(name);
  for (const rewrite of plan.rewrites) {
    await rewriteSegment(storage, lock, rewrite, { log, time: plan.time });
    if (rewrite.replaces) await keep(rewrite.segment.name);
  }
  await writeManifest(storage, {
    log,
    epoch: lock.epoch,
    firstLsn: files.manifest?.firstLsn ?? files.segments[0]?.firstLsn ?? 1,
    baseLsn: plan.lastLsn,
    durableLsn: plan.durableLsn,
    rewriteLsn: 0,
    time: plan.time,
    link: 0,
    closed: false,
  });
  return kept;
}

/** The id that the first whole header has, else a new one. */
async function logIdOf(
  storage: Storage,
  { segments }: DamagedSurvey,
): Promise<string> {
  for (const { name } of segments) {
    const reader = await SegmentReader.openDamaged(storage, name);
    const { found } = reader;
    await reader.close();
    if (!("fault" in found)) return found.log;
  }
  return makeLogId(() => randomNumber(storage));
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

import { argumentError } from "../../argument.ts";
import {
  addCut,
  makeLogId,
  type Manifest,
  type SegmentName,
} from "../../storage/format/mod.ts";
import {
  randomNumber,
  removeFiles,
  requireHeld,
  writeManifest,
} from "../../storage/segments/mod.ts";
import type { Storage, StorageLock } from "../../storage/storage.ts";
import { Pace } from "../../storage/turns.ts";
import { arrangeSegments } from "../arrange_segments.ts";
import { missingFile } from "../decide_tail.ts";
import { findForeign, type ForeignSegment } from "../find_foreign.ts";
import {
  type DamagedSurvey,
  removeUnfinished,
  surveyDamaged,
} from "../survey.ts";
import { findSegments, type FoundSegment } from "./find_segments.ts";
import {
  findOriginalName,
  keepOriginal,
  linkOriginal,
} from "./keep_original.ts";
import { lostContents } from "./lost_contents.ts";
import { planSalvage } from "./plan_salvage.ts";
import { rewriteSegment } from "./rewrite_segment.ts";
import type { PlannedDamage, SalvagePlan } from "./plan_segment.ts";

/** Options of {@linkcode salvageLog}. */
export interface SalvageOptions {
  /**
   * The storage's lock, which the caller holds and keeps. Without it this is a
   * dry run: nothing is changed, and the report says what would be done. The
   * lock's epoch must be above all epochs in file names, as it always is unless
   * lock files were removed.
   */
  lock?: StorageLock | undefined;
}

/** One place of damage, and what happened to it. */
export interface SalvagedDamage {
  /** The path of the segment, or of the log where a segment is missing. */
  readonly path: string;
  /** Offset in the original segment, in bytes. */
  readonly offset: number;
  /** What was expected and what was found. */
  readonly reason: string;
  /** LSN of the first lost record, or of the next record if none is lost. */
  readonly firstLsn: number;
  /** LSN of the last lost record; below `firstLsn` if none is lost. */
  readonly lastLsn: number;
  /** Present if it is unknown whether more records are lost. */
  readonly lossUnknown?: true;
  /** Path of the file that keeps the original bytes; absent if missing. */
  readonly original?: string;
}

/** What a salvage found and did. */
export interface SalvageReport {
  /** Number of records kept. */
  readonly records: number;
  /** The damage, in order; empty if the log is intact. */
  readonly damages: readonly SalvagedDamage[];
  /** A torn end, as a crash leaves it: not damage, but not kept either. */
  readonly torn?: {
    /** The path of the last segment. */
    readonly path: string;
    /** Offset in the segment, in bytes. */
    readonly offset: number;
    /** What was expected and what was found. */
    readonly reason: string;
  };
}

/**
 * Repairs a log in segment files that recovery refuses: keeps every whole
 * frame, and records a hole for each run of lost records, so that the log can
 * be opened and read again. Reads the whole log.
 *
 * Damaged segments are rewritten one after the other, each atomically under the
 * name of its next revision. Their original bytes are kept as
 * `NAME.wal.broken`, and so are segments of other logs, and copies under wrong
 * names. Whatever is intact is not touched; a torn end, as a crash may leave
 * it, is not damage. Once this resolves, everything is durable. A crash during
 * the repair loses nothing more, and the next call completes it.
 *
 * Throws `FormatVersionError`, `ForeignFileError`, `FencedError` or
 * `StorageError`, and `RangeError` if the lock's epoch is too low.
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
  const pace = new Pace();
  const files = await findFiles(storage, pace);
  if (lock !== undefined) requireAbove(storage, lock, files);
  const found = await findSegments(storage, files, pace);
  const { manifest } = files;
  const plan = planSalvage(found, { location: storage.location, manifest });
  plan.damages.unshift(
    ...damageOfManifest(storage, files),
    ...files.foreign.map((one) => damageOfForeign(one, found, manifest)),
  );
  const kept = lock === undefined
    ? await foresee(storage, plan, files)
    : await carryOut(storage, lock, plan, files);
  return toReport(storage, plan, kept);
}

/** The files of a log that may be damaged, without foreign segments. */
interface SalvageFiles extends DamagedSurvey {
  /** The log's id, if known. */
  log: string | undefined;
  /** Segments that do not belong to the log. */
  foreign: ForeignSegment[];
}

async function findFiles(storage: Storage, pace: Pace): Promise<SalvageFiles> {
  const files = await surveyDamaged(storage, pace);
  const { manifest } = files;
  const { log, foreign } = await findForeign(
    ...[storage, files.found, manifest, pace] as const,
  );
  const names = new Set(foreign.map(({ name }) => name));
  const found = files.found.filter(({ name }) => !names.has(name));
  const arranged = arrangeSegments(found, manifest);
  return { ...files, ...arranged, found, log, foreign };
}

/** A lower epoch would leave the new manifest without effect. */
function requireAbove(
  { location }: Storage,
  { epoch }: StorageLock,
  { highestEpoch }: SalvageFiles,
): void {
  if (epoch > highestEpoch) return;
  const rule = `above ${highestEpoch}, the highest in file names`;
  throw argumentError(`salvage "${location}"`, "the lock's epoch", rule, epoch);
}

/** The damage to report for a foreign segment. */
function damageOfForeign(
  { path, reason, ...segment }: ForeignSegment,
  found: readonly FoundSegment[],
  manifest: Manifest | undefined,
): PlannedDamage {
  const { name, firstLsn } = segment;
  const before = found.filter((one) => one.segment.firstLsn <= firstLsn);
  const reached = Math.max(
    0,
    ...before.map(({ runs }) => runs.at(-1)?.nextLsn ?? 0),
  );
  const next = found.find((one) => one.segment.firstLsn > firstLsn);
  const end = reached > firstLsn
    ? firstLsn
    : next?.segment.firstLsn ?? Infinity;
  const { text, isUnknown } = lostContents(segment, end, manifest);
  return {
    path,
    segment: name,
    offset: 0,
    reason: `${reason}; ${text}`,
    firstLsn,
    lastLsn: firstLsn - 1,
    ...(isUnknown && { lossUnknown: true }),
  };
}

/** Without an intact manifest, it is unknown what the log contained. */
function damageOfManifest(
  { location }: Storage,
  files: SalvageFiles,
): PlannedDamage[] {
  const { manifestFault, found, segments, manifest } = files;
  const isMissing = found.some(({ epoch }) => epoch > (manifest?.epoch ?? 0));
  const reason = manifestFault?.reason ??
    (isMissing ? missingFile(files) : undefined);
  if (reason === undefined) return [];
  const firstLsn = segments[0]?.firstLsn ?? 1;
  return [{
    path: manifestFault?.path ?? location,
    segment: manifestFault?.name ?? "",
    offset: 0,
    reason: `${reason}; it is unknown which records were before the first ` +
      "segment and after the last",
    firstLsn,
    lastLsn: firstLsn - 1,
    lossUnknown: true,
  }];
}

/** Names of the kept originals, by their former names. */
type Originals = ReadonlyMap<string, string>;

/** Segments to keep under other names, without reading them. */
function putAside(plan: SalvagePlan, files: SalvageFiles): string[] {
  const { replaced, foreign, obsolete, manifest } = files;
  // The new manifest will not say what an earlier one had rewritten.
  const { damages, foreign: intruders } = plan;
  const { rewriteLsn = 0, firstLsn = 0 } = manifest ?? {};
  const isRewritten = (segment: SegmentName) =>
    rewriteLsn > 0 && segment.firstLsn >= Math.max(rewriteLsn, firstLsn);
  const rewritten = damages.length > 0 ? obsolete.filter(isRewritten) : [];
  return [
    ...[...replaced, ...foreign, ...rewritten].map(({ name }) => name),
    ...intruders,
  ];
}

async function foresee(
  storage: Storage,
  plan: SalvagePlan,
  files: SalvageFiles,
): Promise<Originals> {
  const { manifestFault } = files;
  const names = [
    ...putAside(plan, files),
    ...plan.rewrites.filter(({ replaces }) => replaces)
      .map(({ segment }) => segment.name),
    ...(manifestFault === undefined ? [] : [manifestFault.name]),
  ];
  const kept = new Map<string, string>();
  for (const name of names) {
    kept.set(name, await findOriginalName(storage, name, files.originals));
  }
  return kept;
}

/** Carries out a plan; no step leaves a log that has lost more than before. */
async function carryOut(
  storage: Storage,
  lock: StorageLock,
  plan: SalvagePlan,
  files: SalvageFiles,
): Promise<Originals> {
  const { manifestFault, originals } = files;
  const kept = new Map<string, string>();
  const keep = async (name: string) => {
    kept.set(name, await keepOriginal(storage, lock, name, originals));
  };
  if (plan.damages.length > 0) {
    await removeUnfinished(storage, files, lock.epoch);
  }
  // This includes what an interrupted salvage has left to do.
  for (const name of putAside(plan, files)) await keep(name);
  if (plan.damages.length === 0) return kept;
  const log = files.log ?? makeLogId(() => randomNumber(storage));
  for (const rewrite of plan.rewrites) {
    await rewriteSegment(storage, lock, rewrite, log);
    if (rewrite.replaces) await keep(rewrite.segment.name);
  }
  // Remove it only once the new one is there: an older one might count.
  if (manifestFault !== undefined) {
    const { name } = manifestFault;
    kept.set(name, await linkOriginal(storage, lock, name, originals));
  }
  for (const name of unfenced(plan, files)) await keep(name);
  await requireHeld(storage.location, lock);
  await writeManifest(storage, manifestOf(plan, files, log, lock.epoch));
  await requireHeld(storage.location, lock);
  if (manifestFault !== undefined) await removeFiles(storage, [manifestFault]);
  return kept;
}

/**
 * Fenced segments that begin where one of the log does: the new manifest will
 * name a later end, and they would no longer be beyond it.
 */
function unfenced({ rewrites }: SalvagePlan, files: SalvageFiles): string[] {
  const made = rewrites.map(({ segment }) => segment);
  const starts = new Set(
    [...files.segments, ...made].map(({ firstLsn }) => firstLsn),
  );
  return files.fenced.filter(({ firstLsn }) => starts.has(firstLsn))
    .map(({ name }) => name);
}

function manifestOf(
  { lastLsn, durableLsn, time }: SalvagePlan,
  { manifest, segments }: SalvageFiles,
  log: string,
  epoch: number,
): Manifest {
  return {
    log,
    epoch,
    firstLsn: manifest?.firstLsn ?? segments[0]?.firstLsn ?? 1,
    baseLsn: lastLsn,
    durableLsn,
    rewriteLsn: 0,
    time,
    link: 0,
    closed: false,
    // What was after that may have been read, and is not there any more.
    cuts: addCut(manifest?.cuts ?? [], { at: epoch, lastLsn }),
    meta: manifest?.meta,
  };
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

/** Says what is damaged, what is lost, and where the original bytes are. */
export function describeDamage(damage: SalvagedDamage): string {
  const { path, offset, reason, original } = damage;
  const kept = original === undefined
    ? "no file was there to keep"
    : `its original bytes are in "${original}"`;
  return `"${path}" is damaged at offset ${offset} (${reason}): ` +
    `${describeLoss(damage)}; ${kept}`;
}

/** Which records are lost: `records 5 to 6 are lost`. */
export function describeLoss(
  { firstLsn, lastLsn, lossUnknown }: Pick<
    SalvagedDamage,
    "firstLsn" | "lastLsn" | "lossUnknown"
  >,
): string {
  if (lastLsn < firstLsn) {
    return lossUnknown
      ? "it is unknown which records are lost, if any"
      : "no record is known to be lost";
  }
  const lost = lastLsn === firstLsn
    ? `record ${firstLsn} is lost`
    : `records ${firstLsn} to ${lastLsn} are lost`;
  return lossUnknown ? `${lost}, and it is unknown whether more are` : lost;
}

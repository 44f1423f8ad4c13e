import { randomNumber } from "../storage/create_segment.ts";
import { requireHeld } from "../storage/fenced_error.ts";
import { formatManifestName } from "../storage/format/manifest_name.ts";
import { makeLogId } from "../storage/format/log_id.ts";
import type { Manifest } from "../storage/format/manifest.ts";
import type { SegmentName } from "../storage/format/segment_name.ts";
import { writeManifest } from "../storage/manifest_file.ts";
import { SegmentCursor } from "../storage/segment_cursor.ts";
import { SegmentLog, type SegmentLogState } from "../storage/segment_log.ts";
import { SegmentReader } from "../storage/segment_reader.ts";
import { SpaceReserve } from "../storage/space_reserve.ts";
import { StorageFullError } from "../storage/storage_full_error.ts";
import type { Storage, StorageLock } from "../storage/storage.ts";
import { countMergeable } from "./choose_rewrite.ts";
import type { RecoveryMode } from "./decide_tail.ts";
import {
  describeContent,
  describeStrays,
  type FencedSegment,
  readFenced,
} from "./describe_files.ts";
import { requireSound, requireWhole } from "./judge_end.ts";
import { LogExistsError } from "./log_exists_error.ts";
import { removeFiles, removeUnfinished } from "./remove_files.ts";
import { rewriteEnd } from "./rewrite_end.ts";
import { scanSegment, type SegmentScan } from "./scan_tail.ts";
import { listFiles, requireLog, type Survey, survey } from "./survey.ts";

/** Options of {@linkcode openSegments}. */
export interface OpenSegmentsOptions {
  /** Size beyond which a segment is not grown, in bytes. */
  segmentBytes: number;
  /** Bytes that are held for recovery and checkpoints on a full disk. */
  reserveBytes: number;
  /** How damage, and the end of the last segment, are treated. */
  recovery: RecoveryMode;
  /** LSN of the first record of a log that is new; 1 if absent. */
  firstLsn?: number | undefined;
  /** Hears of each damage that was salvaged, and of files that do not belong. */
  warn: (message: string) => void;
  /** Whether to take the lock from an owner that lives. */
  takeOver: boolean;
  /** What time it is, in ms since 1970. */
  time: () => number;
}

/**
 * Opens a log in segment files for writing: lock, scan, decide, make durable.
 * What it decided, where the log ends and who owns it, is in the manifest when
 * it resolves.
 *
 * No byte of a segment is changed, but of damaged ones in mode `salvage`. A
 * torn tail is cut by what comes after it: whatever lies behind the end that
 * the manifest names is no part of the log.
 */
export async function openSegments(
  storage: Storage,
  options: OpenSegmentsOptions,
): Promise<SegmentLog> {
  await storage.prepare();
  const files = await listFiles(storage);
  requireLog(storage, files);
  await refuseUnreadable(storage, files.found, options.recovery);
  const { takeOver } = options;
  const reserve = new SpaceReserve(storage, options.reserveBytes);
  const lock = await reserve.spend(() =>
    storage.lock({ takeOver, above: files.highestEpoch })
  );
  try {
    return await new Opening(storage, lock, reserve, options).open();
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Before the lock, so that what is of another version stays untouched. */
async function refuseUnreadable(
  storage: Storage,
  segments: readonly SegmentName[],
  mode: RecoveryMode,
): Promise<void> {
  for (const { name } of mode === "salvage" ? segments : segments.slice(-1)) {
    const reader = await SegmentReader.openDamaged(storage, name);
    await reader.close();
  }
}

/** Where a log ends, before it is made durable. */
interface FoundEnd {
  lastLsn: number;
  /** LSN up to which frames or the manifest declare records durable. */
  durableLsn: number;
  checksum: number;
  time: number;
}

/** One opening, from the lock on. */
class Opening {
  readonly #storage: Storage;
  readonly #lock: StorageLock;
  readonly #reserve: SpaceReserve;
  readonly #options: OpenSegmentsOptions;

  constructor(
    storage: Storage,
    lock: StorageLock,
    reserve: SpaceReserve,
    options: OpenSegmentsOptions,
  ) {
    this.#storage = storage;
    this.#lock = lock;
    this.#reserve = reserve;
    this.#options = options;
  }

  async open(): Promise<SegmentLog> {
    const files = await this.#survey();
    const before = files.manifest ?? this.#newManifest();
    const end = await this.#findEnd(files, before);
    // What says that they are obsolete may have been seen and not be durable.
    if (files.obsolete.length > 0) await this.#storage.syncDirectory();
    await removeFiles(this.#storage, files.obsolete);
    await removeUnfinished(this.#storage, files, this.#lock.epoch);
    const state = await this.#begin(files, before, end);
    await removeFiles(
      this.#storage,
      files.manifests.filter((epoch) => epoch < this.#lock.epoch)
        .map((epoch) => ({ name: formatManifestName(epoch) })),
    );
    await this.#reserve.refill();
    return new SegmentLog(this.#storage, this.#lock, state, {
      segmentBytes: this.#options.segmentBytes,
      reserve: this.#reserve,
      time: this.#options.time,
    });
  }

  /** The files under the lock, repaired if that is asked for, and complete. */
  async #survey(): Promise<Survey> {
    const { recovery, warn, firstLsn } = this.#options;
    const storage = this.#storage;
    if (recovery === "salvage") {
      await this.#salvage();
    }
    const files = await survey(storage);
    requireWhole(storage.location, files);
    const strays = describeStrays(storage, files);
    if (strays !== undefined) warn(strays);
    const fenced = await readFenced(storage, files);
    const isEmpty = ({ firstLsn, lastLsn, headerFault }: FencedSegment) =>
      lastLsn < firstLsn && headerFault === undefined;
    // A crash leaves such a one, too: right after it was made.
    files.obsolete.push(...fenced.filter(isEmpty));
    files.fenced = fenced.filter((segment) => !isEmpty(segment));
    for (const segment of fenced.filter((one) => !isEmpty(one))) {
      warn(`"${storage.location}/${segment.name}" ${describeContent(segment)}`);
    }
    const { manifest } = files;
    if (firstLsn !== undefined && manifest !== undefined) {
      const isNew = manifest.firstLsn === firstLsn &&
        files.segments.length === 0 && manifest.baseLsn < firstLsn;
      if (!isNew) throw new LogExistsError(storage.location, firstLsn);
    }
    return files;
  }

  /** What repairs a log is as large as what opens it, and is loaded for it. */
  async #salvage(): Promise<void> {
    const [{ salvageLog }, { describeDamage }] = await Promise.all([
      import("./salvage_log.ts"),
      import("./describe_damage.ts"),
    ]);
    const { damages } = await salvageLog(this.#storage, { lock: this.#lock });
    for (const damage of damages) this.#options.warn(describeDamage(damage));
  }

  #newManifest(): Manifest {
    const { firstLsn = 1 } = this.#options;
    return {
      log: makeLogId(() => randomNumber(this.#storage)),
      epoch: 0,
      firstLsn,
      baseLsn: firstLsn - 1,
      durableLsn: firstLsn - 1,
      rewriteLsn: 0,
      time: 0,
      link: 0,
      closed: false,
    };
  }

  async #findEnd(files: Survey, manifest: Manifest): Promise<FoundEnd> {
    const { firstLsn, durableLsn, link, time, closed } = manifest;
    const last = files.segments.at(-1);
    if (last === undefined) {
      const lastLsn = firstLsn - 1;
      return {
        lastLsn,
        durableLsn: lastLsn,
        checksum: closed ? link : 0,
        time,
      };
    }
    const scan = await this.#scan(last, files, manifest);
    // All that the last segment has may have been dropped.
    const lastLsn = Math.max(scan.lastLsn, firstLsn - 1);
    return {
      lastLsn,
      durableLsn: lastLsn < firstLsn
        ? lastLsn
        : Math.max(scan.syncedLsn, Math.min(durableLsn, lastLsn)),
      checksum: scan.checksum,
      time: Math.max(scan.time, time),
    };
  }

  async #scan(
    last: SegmentName,
    { end }: Survey,
    manifest: Manifest,
  ): Promise<SegmentScan> {
    const { log } = manifest;
    const { reader } = await SegmentCursor.open(this.#storage, last, log);
    try {
      const scan = await scanSegment(reader, end);
      requireSound(reader.path, scan, manifest, this.#options.recovery);
      return scan;
    } finally {
      await reader.close();
    }
  }

  /** Writes the manifest of this epoch, then what it announces. */
  async #begin(
    files: Survey,
    before: Manifest,
    end: FoundEnd,
  ): Promise<SegmentLogState> {
    const storage = this.#storage;
    const { lastLsn, durableLsn, checksum, time } = end;
    const { fenced } = files;
    const segments = keptBy(before, files.segments, lastLsn);
    const isDurable = durableLsn >= lastLsn;
    const rewriteLsn = await this.#chooseRewrite(segments, fenced, end);
    const manifest: Manifest = {
      ...before,
      epoch: this.#lock.epoch,
      baseLsn: lastLsn,
      durableLsn,
      rewriteLsn,
      time,
      link: 0,
      closed: false,
    };
    await this.#reserve.spend(() => writeManifest(storage, manifest));
    // If it is still the owner, any taker finds what it has decided, and so
    // misses nothing that is removed from here on.
    await requireHeld(storage.location, this.#lock);
    const dropped = files.segments.filter((one) => !segments.includes(one));
    await removeFiles(storage, dropped);
    const state = { segments, fenced, manifest, lastLsn, checksum };
    if (rewriteLsn === 0) return state;
    const finish = (segments: SegmentName[]) =>
      this.#rewrite(segments, manifest);
    try {
      return { ...state, ...await finish(segments) };
    } catch (error) {
      if (!(error instanceof StorageFullError)) throw error;
      // What is durable needs no copy; what is not, gets it when there is room.
      // The reserve is for what takes no space for long: locks and manifests.
      return isDurable ? state : { ...state, finish };
    }
  }

  /** LSN of the first frame to be written anew; 0 for none. */
  async #chooseRewrite(
    segments: readonly SegmentName[],
    fenced: readonly SegmentName[],
    { lastLsn, durableLsn }: FoundEnd,
  ): Promise<number> {
    const unsynced = durableLsn < lastLsn
      ? await this.#frameAt(segments.at(-1)!, durableLsn + 1)
      : 0;
    const { segmentBytes } = this.#options;
    const merged = await countMergeable(this.#storage, segments, segmentBytes);
    if (merged === 0) return unsynced;
    const { firstLsn } = segments.at(-merged)!;
    // What is fenced stays as evidence, and would go with what is rewritten.
    const isAlone = fenced.every((segment) => segment.firstLsn < firstLsn);
    return isAlone ? firstLsn : unsynced;
  }

  /** LSN that the frame with record `lsn` begins with. */
  async #frameAt(segment: SegmentName, lsn: number): Promise<number> {
    const cursor = await SegmentCursor.open(this.#storage, segment);
    try {
      for await (const frames of cursor.frames()) {
        const frame = frames.findLast(({ firstLsn, count, hole }) =>
          firstLsn <= lsn && firstLsn + (hole?.lost ?? count) > lsn
        );
        if (frame !== undefined) return frame.firstLsn;
      }
      return lsn;
    } finally {
      await cursor.close();
    }
  }

  async #rewrite(
    segments: SegmentName[],
    { log, epoch, rewriteLsn, baseLsn }: Manifest,
  ): Promise<{ segments: SegmentName[]; checksum: number }> {
    const owner = { log, epoch };
    const range = { segments, firstLsn: rewriteLsn, lastLsn: baseLsn };
    const { segment, checksum } = await rewriteEnd(
      this.#storage,
      this.#lock,
      owner,
      range,
    );
    await requireHeld(this.#storage.location, this.#lock);
    const isOld = ({ firstLsn }: SegmentName) => firstLsn >= rewriteLsn;
    await removeFiles(this.#storage, segments.filter(isOld));
    const kept = segments.filter((one) => !isOld(one));
    return { segments: [...kept, segment], checksum };
  }
}

/** Without what holds no record, or none that is kept. */
function keptBy(
  { firstLsn }: Manifest,
  segments: readonly SegmentName[],
  lastLsn: number,
): SegmentName[] {
  if (firstLsn > lastLsn) return [];
  return segments.filter((segment) => segment.firstLsn <= lastLsn);
}

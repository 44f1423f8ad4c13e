import {
  formatManifestName,
  type LogMeta,
  makeLogId,
  type Manifest,
  newerMeta,
  newManifest,
  type SegmentName,
} from "../storage/format/mod.ts";
import {
  type ChainPlace,
  explainLost,
  randomNumber,
  removeFiles,
  requireHeld,
  SegmentCursor,
  SegmentLog,
  type SegmentLogState,
  sizesOf,
  SpaceReserve,
  writeManifest,
} from "../storage/segments/mod.ts";
import type { Storage, StorageLock } from "../storage/storage.ts";
import { StorageFullError } from "../storage/storage_error.ts";
import { Pace, type Turns } from "../storage/turns.ts";
import {
  type RecoveryMode,
  requireSound,
  requireWhole,
} from "./decide_tail.ts";
import { LogExistsError } from "../storage/log_exists_error.ts";
import { countMergeable, rewriteEnd } from "./rewrite_end.ts";
import {
  type FoundMeta,
  type ScannedSegment,
  scanSegment,
} from "./scan_tail.ts";
import {
  describeContent,
  describeStrays,
  type FencedSegment,
  type FileNames,
  listFiles,
  readFenced,
  refuseUnreadable,
  removeUnfinished,
  requireLog,
  type Survey,
  survey,
} from "./survey.ts";

/** Options of {@linkcode openSegments}. */
export interface OpenSegmentsOptions {
  /** Size beyond which a segment does not grow, in bytes. */
  segmentBytes: number;
  /** Bytes reserved for recovery and checkpoints on a full disk. */
  reserveBytes: number;
  /** How to treat damage and the end of the last segment. */
  recovery: RecoveryMode;
  /** LSN of the first record of a new log. Default: 1. */
  firstLsn?: number | undefined;
  /** Called with each warning: salvaged damage, and files out of place. */
  warn: (message: string) => void;
  /** Whether to take the lock even from a live owner. */
  takeOver: boolean;
  /** Returns the current time, in ms since 1970. */
  time: () => number;
  /** The turns that long work gives way to. Default: the runtime's. */
  turns?: Turns | undefined;
}

/**
 * Opens a log in segment files for writing: lock, scan, decide, make durable.
 * Once it resolves, its decisions are in the manifest: where the log ends, and
 * who owns it.
 *
 * No byte of a segment is changed, and in mode `salvage` only damaged segments
 * are replaced. A torn tail stays in its file, but nothing after the end that
 * the manifest names is part of the log.
 */
export async function openSegments(
  storage: Storage,
  options: OpenSegmentsOptions,
): Promise<SegmentLog> {
  const pace = new Pace(options.turns);
  await storage.prepare();
  const files = await listFiles(storage, pace);
  requireLog(storage, files);
  const isSalvage = options.recovery === "salvage";
  const read = isSalvage ? files.found : files.found.slice(-1);
  await refuseUnreadable(storage, read, pace);
  const { takeOver } = options;
  const reserve = new SpaceReserve(storage, options.reserveBytes);
  const lock = await reserve.spend(() =>
    storage.lock({ takeOver, above: files.highestEpoch })
  );
  try {
    return await new Opening(storage, lock, reserve, options, pace).open();
  } catch (error) {
    const reason = await explainLost(storage.location, lock, error);
    await lock.release();
    throw reason;
  }
}

/** Where a log ends, before it is made durable. */
interface FoundEnd {
  lastLsn: number;
  /** LSN up to which frames or the manifest declare all records durable. */
  durableLsn: number;
  link: number;
  time: number;
  /** The segment that was scanned, if there is one. */
  scanned?: SegmentLogState["scanned"];
  /** Where the first frame that is not durable can be looked for. */
  place?: ChainPlace | undefined;
  /** The log's metadata: the newest, and the newest that is durable. */
  meta?: LogMeta | undefined;
  durableMeta?: LogMeta | undefined;
}

/** One opening, once the lock is taken. */
class Opening {
  readonly #storage: Storage;
  readonly #lock: StorageLock;
  readonly #reserve: SpaceReserve;
  readonly #options: OpenSegmentsOptions;
  readonly #pace: Pace;

  constructor(
    storage: Storage,
    lock: StorageLock,
    reserve: SpaceReserve,
    options: OpenSegmentsOptions,
    pace: Pace,
  ) {
    this.#storage = storage;
    this.#lock = lock;
    this.#reserve = reserve;
    this.#options = options;
    this.#pace = pace;
  }

  async open(): Promise<SegmentLog> {
    const files = await this.#survey();
    const before = files.manifest ?? this.#newManifest();
    const end = await this.#findEnd(files, before);
    // Files that replace others may be visible, but not yet durable.
    if (files.obsolete.length > 0) await this.#storage.syncDirectory();
    await this.#remove(files.obsolete);
    const state = await this.#begin(files, before, end);
    await this.#remove(
      files.manifests.filter((epoch) => epoch < this.#lock.epoch)
        .map((epoch) => ({ name: formatManifestName(epoch) })),
    );
    await this.#reserve.refill();
    const sizes = await sizesOf(this.#storage, state.segments, this.#pace);
    return new SegmentLog(this.#storage, this.#lock, { ...state, sizes }, {
      segmentBytes: this.#options.segmentBytes,
      reserve: this.#reserve,
      time: this.#options.time,
      turns: this.#options.turns,
    });
  }

  #remove(files: readonly { name: string }[]): Promise<void> {
    return removeFiles(this.#storage, files, new Pace(this.#options.turns));
  }

  /**
   * Removes what displaced owners have not finished, before anything is read: a
   * segment that gets its name later could drop what was read. Returns whether
   * there was anything.
   */
  async #disarm({ unfinished }: FileNames): Promise<boolean> {
    const { epoch } = this.#lock;
    const isAny = unfinished.some((file) => file.epoch <= epoch);
    if (!isAny) return false;
    // Its other name may not be durable yet: a crash must not lose both.
    await this.#storage.syncDirectory();
    await removeUnfinished(this.#storage, { unfinished }, epoch);
    return true;
  }

  /** Surveys the files under the lock; repairs them first if asked to. */
  async #survey(): Promise<Survey> {
    const { recovery, warn, firstLsn } = this.#options;
    const storage = this.#storage;
    if (recovery === "salvage") {
      await this.#disarm(await listFiles(storage, this.#pace));
      // Rarely needed, and as large as all of the rest.
      const { describeDamage, salvageLog } = await import(
        "./salvage/salvage_log.ts"
      );
      const { damages } = await salvageLog(storage, { lock: this.#lock });
      for (const damage of damages) warn(describeDamage(damage));
    }
    let files = await survey(storage, this.#pace);
    if (await this.#disarm(files)) files = await survey(storage, this.#pace);
    requireWhole(storage.location, files);
    const strays = describeStrays(storage, files);
    if (strays !== undefined) warn(strays);
    const fenced = await readFenced(storage, files, this.#pace);
    const isEmpty = ({ firstLsn, lastLsn, headerFault }: FencedSegment) =>
      lastLsn < firstLsn && headerFault === undefined;
    // A crash right after a segment was created leaves such a one too.
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

  #newManifest(): Manifest {
    const log = makeLogId(() => randomNumber(this.#storage));
    return newManifest(log, this.#options.firstLsn ?? 1);
  }

  async #findEnd(files: Survey, manifest: Manifest): Promise<FoundEnd> {
    const { firstLsn, durableLsn, link, time, closed } = manifest;
    const last = files.segments.at(-1);
    if (last === undefined) {
      const lastLsn = firstLsn - 1;
      return {
        lastLsn,
        durableLsn: lastLsn,
        link: closed ? link : 0,
        time,
        meta: manifest.meta,
        durableMeta: manifest.meta,
      };
    }
    const scan = await this.#scan(last, files, manifest);
    // All records of the last segment may have been dropped.
    const lastLsn = Math.max(scan.lastLsn, firstLsn - 1);
    const syncedLsn = lastLsn < firstLsn
      ? lastLsn
      : Math.max(scan.syncedLsn, Math.min(durableLsn, lastLsn));
    const { meta } = manifest;
    const isDurable = ({ lsn }: FoundMeta) => lsn <= syncedLsn;
    const durable = scan.metas.findLast(isDurable);
    return {
      meta: newerMeta(meta, scan.metas.at(-1)?.meta),
      durableMeta: newerMeta(meta, durable?.meta),
      lastLsn,
      durableLsn: syncedLsn,
      link: scan.link,
      time: Math.max(scan.time, time),
      scanned: { name: last.name, index: scan.index },
      place: scan.places.findLast(({ nextLsn }) => nextLsn <= syncedLsn + 1),
    };
  }

  async #scan(
    last: SegmentName,
    { end }: Survey,
    manifest: Manifest,
  ): Promise<ScannedSegment> {
    const { log } = manifest;
    const { reader } = await SegmentCursor.open(
      this.#storage,
      last,
      log,
      this.#pace,
    );
    try {
      const scan = await scanSegment(reader, end);
      requireSound(reader.path, scan, manifest, this.#options.recovery);
      return scan;
    } finally {
      await reader.close();
    }
  }

  /** Writes the manifest of this epoch, then does what it announces. */
  async #begin(
    files: Survey,
    before: Manifest,
    end: FoundEnd,
  ): Promise<SegmentLogState> {
    const storage = this.#storage;
    const { lastLsn, durableLsn, link, time, scanned, meta } = end;
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
      meta: end.durableMeta,
      isBackup: false,
    };
    await this.#reserve.spend(() => writeManifest(storage, manifest));
    // If this is still the owner, any taker will find the manifest, and so
    // misses nothing that is removed from here on.
    await requireHeld(storage.location, this.#lock);
    const kept = new Set(segments);
    await this.#remove(files.segments.filter((one) => !kept.has(one)));
    const state = { segments, fenced, manifest, lastLsn, link, scanned, meta };
    if (rewriteLsn === 0) return state;
    const finish = (segments: SegmentName[]) =>
      this.#rewrite(segments, manifest, end.place);
    try {
      return { ...state, ...await finish(segments) };
    } catch (error) {
      if (!(error instanceof StorageFullError)) throw error;
      // What is durable needs no copy; the rest is copied once there is room.
      // The reserve is only for files that soon free it: locks and manifests.
      return isDurable ? state : { ...state, finish };
    }
  }

  /** LSN of the first frame to rewrite; 0 for none. */
  async #chooseRewrite(
    segments: readonly SegmentName[],
    fenced: readonly SegmentName[],
    { lastLsn, durableLsn, place }: FoundEnd,
  ): Promise<number> {
    const unsynced = durableLsn < lastLsn
      ? await this.#frameAt(segments.at(-1)!, durableLsn + 1, place)
      : 0;
    const { segmentBytes } = this.#options;
    const merged = await countMergeable(this.#storage, segments, segmentBytes);
    if (merged === 0) return unsynced;
    const { firstLsn } = segments.at(-merged)!;
    // Fenced segments stay as evidence, and a rewrite would remove them too.
    const isAlone = fenced.every((segment) => segment.firstLsn < firstLsn);
    return isAlone ? firstLsn : unsynced;
  }

  /** First LSN of the frame that holds record `lsn`. */
  async #frameAt(
    segment: SegmentName,
    lsn: number,
    place: ChainPlace | undefined,
  ): Promise<number> {
    const cursor = await SegmentCursor.open(this.#storage, segment);
    try {
      if (place !== undefined) cursor.resume(place);
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
    place: ChainPlace | undefined,
  ): Promise<{ segments: SegmentName[]; link: number }> {
    const owner = { log, epoch };
    const range = {
      segments,
      firstLsn: rewriteLsn,
      lastLsn: baseLsn,
      place,
      pace: this.#pace,
    };
    const { segment, link } = await rewriteEnd(
      this.#storage,
      this.#lock,
      owner,
      range,
    );
    await requireHeld(this.#storage.location, this.#lock);
    const isOld = ({ firstLsn }: SegmentName) => firstLsn >= rewriteLsn;
    await this.#remove(segments.filter(isOld));
    const kept = segments.filter((one) => !isOld(one));
    return { segments: [...kept, segment], link };
  }
}

/** The segments that hold records which are kept. */
function keptBy(
  { firstLsn }: Manifest,
  segments: readonly SegmentName[],
  lastLsn: number,
): SegmentName[] {
  if (firstLsn > lastLsn) return [];
  return segments.filter((segment) => segment.firstLsn <= lastLsn);
}

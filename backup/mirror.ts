import {
  formatManifestName,
  type LogMeta,
  lowestSince,
  type Manifest,
  newerMeta,
  newManifest,
  type SegmentName,
} from "../storage/format/mod.ts";
import {
  type ChainPlace,
  removeFiles,
  removeQuietly,
  requireHeld,
  writeManifest,
} from "../storage/segments/mod.ts";
import type { Storage, StorageLock } from "../storage/storage.ts";
import { BackupError } from "./backup_error.ts";
import { SegmentCopier, type SegmentPart } from "./segment_copier.ts";
import type { SourceLog, SourceLook } from "./source_log.ts";
import type { TargetState } from "./target_state.ts";
import type { Walked } from "./walk_frames.ts";

/** What is being mirrored, and where to. */
export interface MirrorPlace {
  /** What is done, for messages. */
  readonly action: string;
  readonly source: SourceLog;
  readonly target: Storage;
  readonly lock: StorageLock;
  readonly signal: AbortSignal | undefined;
}

/** The segments of a backup, and what they end with. */
export interface MirroredEnd {
  readonly segments: readonly SegmentName[];
  readonly lastLsn: number;
  /** The link after the last record. */
  readonly link: number;
  /** The time of the last frame, or a later one. */
  readonly time: number;
  readonly meta: LogMeta | undefined;
}

/**
 * Brings the segments of a log into a backup. Until the last step, and after a
 * crash in any other, the backup holds what it held.
 *
 * The manifest of a backup has an epoch above those of its segments, so they
 * count up to its `baseLsn` and no further: what is added after that, in the
 * last segment and in later ones, is part of the backup only once the manifest
 * says so. If the log was rewritten or cut back before that LSN, the backup
 * takes the step that the log took: it announces the segment that replaces
 * others, and then gives it its name.
 */
export class Mirror {
  readonly #place: MirrorPlace;
  readonly #copier: SegmentCopier;
  #manifest: Manifest | undefined;
  #isComplete: boolean;
  #segments: readonly SegmentName[];
  #lastLsn: number;
  #isEnded: boolean;

  /** Begins with what the target holds. */
  constructor(place: MirrorPlace, state: TargetState) {
    this.#place = place;
    this.#manifest = state.manifest;
    this.#isComplete = state.isComplete;
    this.#segments = state.segments;
    this.#lastLsn = state.lastLsn;
    this.#isEnded = state.isEnded;
    const { source, target, signal } = place;
    const there = state.files.found.map(({ name }) => name);
    this.#copier = new SegmentCopier(source.storage, target, there, signal);
  }

  /** Bytes written, by the names of the segments. */
  get written(): ReadonlyMap<string, number> {
    return this.#copier.written;
  }

  /** The epoch of the target's manifest. */
  get epoch(): number {
    return this.#manifest!.epoch;
  }

  /** LSN of the last record that it holds; -1 if there is none. */
  get lastLsn(): number {
    return this.#lastLsn;
  }

  /**
   * Refuses a target that is not a backup of this log, and marks one that is
   * empty as such.
   */
  async begin(look: SourceLook): Promise<void> {
    this.#requireContinued(look);
    if (!this.#isComplete) await this.#prepare(look, look.lastLsn);
  }

  /** Copies what is missing; nothing of it counts before `declare`. */
  async copy(look: SourceLook): Promise<MirroredEnd> {
    const changed = await this.#findChanged(look);
    if (changed !== undefined) await this.#replace(changed, look);
    const lastLsn = Math.max(look.lastLsn, this.#lastLsn);
    if (look.writtenLsn < lastLsn) {
      throw this.#notContinued(`it ends with record ${look.writtenLsn}`);
    }
    if (this.#isComplete) await this.#prepare(look, lastLsn);
    const end = await this.#bringAll(look, lastLsn);
    await this.#copier.removeOthers([...end.segments, ...this.#segments]);
    await this.#place.target.syncDirectory();
    return end;
  }

  /** Makes what was copied the backup; once it resolves, that is durable. */
  async declare(look: SourceLook, end: MirroredEnd): Promise<void> {
    const { lastLsn, link, time, meta } = end;
    await this.#write({
      log: look.manifest.log,
      epoch: this.#epochFor(look),
      firstLsn: look.firstLsn,
      baseLsn: lastLsn,
      durableLsn: lastLsn,
      rewriteLsn: 0,
      ...{ time, link, closed: true, cuts: look.cuts, meta },
    });
    this.#isComplete = true;
    this.#segments = end.segments;
    this.#lastLsn = lastLsn < look.firstLsn ? -1 : lastLsn;
  }

  /** Reads all segments of the target; copies again what is damaged there. */
  async verify({ segments, lastLsn }: MirroredEnd): Promise<void> {
    let before: ChainPlace | undefined;
    for (const part of partsOf(segments, lastLsn)) {
      const walked = await this.#copier.verify({ ...part, before });
      before = walked.place;
    }
    await this.#place.target.syncDirectory();
  }

  /** The epoch of a manifest that hides what follows its last record. */
  #epochFor({ manifest, segments }: SourceLook): number {
    const all = [...segments, ...this.#segments];
    const above = all.map(({ epoch }) => epoch + 1);
    return Math.max(manifest.epoch, this.#manifest?.epoch ?? 0, ...above);
  }

  #notContinued(found: string): BackupError {
    const { action, target } = this.#place;
    const reason = "the log at the source does not continue what it holds: " +
      `${found}. The source was replaced, repaired or taken back to an older ` +
      "state. Use a new directory";
    return new BackupError(action, target.location, "not-continued", reason);
  }

  #requireContinued({ manifest, firstLsn }: SourceLook): void {
    const before = this.#manifest;
    if (before === undefined) return;
    if (before.log !== manifest.log) {
      const { action, target } = this.#place;
      const reason = `it holds the backup of another log, ${before.log}, and ` +
        `the source is log ${manifest.log}. Use a new directory`;
      throw new BackupError(action, target.location, "other-log", reason);
    }
    if (!this.#isComplete) return;
    if (manifest.epoch < before.epoch - 1) {
      throw this.#notContinued(`it is only of epoch ${manifest.epoch}`);
    }
    if (firstLsn < before.firstLsn) {
      throw this.#notContinued(`it begins with record ${firstLsn}`);
    }
  }

  /** The first segment that replaces records which the backup holds. */
  async #findChanged(look: SourceLook): Promise<SegmentName | undefined> {
    const covering = look.segments.filter(({ firstLsn }) =>
      firstLsn <= this.#lastLsn
    );
    if (covering.length === 0) {
      if (look.firstLsn > this.#lastLsn) return undefined;
      return await this.#cutBack(look, look.firstLsn);
    }
    const begin = this.#segments.findIndex(({ name }) =>
      name === covering[0].name
    );
    const known = begin === -1 ? [] : this.#segments.slice(begin);
    for (const [index, segment] of covering.entries()) {
      const isKnown = known[index]?.name === segment.name &&
        await this.#copier.isSame(segment.name);
      if (!isKnown) return segment;
    }
    const more = known[covering.length]?.firstLsn;
    if (more === undefined && this.#cutIn(look) >= this.#lastLsn) return;
    return await this.#cutBack(look, more ?? this.#cutIn(look) + 1);
  }

  /** Up to which LSN the backup and the log have the same records. */
  #cutIn({ cuts }: SourceLook): number {
    const taken = this.#manifest!.cuts?.at(-1)?.at ?? 0;
    return lowestSince(cuts, taken);
  }

  /**
   * Cuts the backup back as the log was, if that left no segment with other
   * records; throws if it was not cut before record `missing`.
   */
  async #cutBack(look: SourceLook, missing: number): Promise<undefined> {
    const cutTo = this.#cutIn(look);
    if (cutTo >= missing) {
      throw this.#notContinued(`it lacks record ${missing}`);
    }
    const isEmpty = look.segments.length === 0;
    // What the log has dropped since need not end where a frame does.
    const lastLsn = isEmpty ? look.firstLsn - 1 : cutTo;
    await this.#write({
      ...this.#manifest!,
      ...(isEmpty && { firstLsn: look.firstLsn }),
      epoch: this.#epochFor(look),
      ...{ baseLsn: lastLsn, durableLsn: lastLsn, rewriteLsn: 0 },
      ...{ closed: false, link: 0, cuts: look.cuts },
    });
    this.#segments = this.#segments.filter(({ firstLsn }) =>
      !isEmpty && firstLsn <= cutTo
    );
    this.#lastLsn = this.#segments.length === 0 ? -1 : cutTo;
  }

  /**
   * Takes the step that the log took when a segment replaced all records from
   * its first one on, in an epoch of its own: an opening that rewrote the end,
   * or a cut. After it, the backup holds that segment in their place.
   */
  async #replace(segment: SegmentName, look: SourceLook): Promise<void> {
    const { name, firstLsn, epoch, revision } = segment;
    const former = this.#manifest!;
    if (epoch < former.epoch || revision !== undefined) {
      throw this.#notContinued(`"${name}" differs`);
    }
    const { target, lock } = this.#place;
    // Up to here the log has the records that the backup has.
    const common = Math.min(this.#lastLsn, this.#cutIn(look));
    const lastLsn = Math.max(look.lastLsn, common, firstLsn - 1);
    // It may be there without records, after a cut.
    const all = look.segments.filter((one) =>
      one.firstLsn <= Math.max(lastLsn, firstLsn)
    );
    const part = partsOf(all, lastLsn)[all.indexOf(segment)];
    if (look.writtenLsn < lastLsn) {
      throw this.#notContinued(`it ends with record ${look.writtenLsn}`);
    }
    const staged = await this.#copier.stage(part, common);
    const isMore = staged.walked.place.nextLsn > common;
    const isSame = isMore &&
      await this.#copier.agrees(staged, this.#segments, common);
    if (!isSame) {
      await this.#copier.discard(staged);
      throw this.#notContinued(`"${name}" has other records`);
    }
    // If the log has dropped all before it, that need not lead up to it.
    const isFirst = look.segments[0] === segment;
    // The former state, until the segment has its name.
    await this.#write({
      ...former,
      ...(isFirst && { firstLsn: Math.max(former.firstLsn, firstLsn) }),
      epoch,
      baseLsn: this.#lastLsn,
      durableLsn: Math.min(this.#lastLsn, staged.walked.place.nextLsn - 1),
      rewriteLsn: firstLsn,
      ...{ closed: false, link: 0 },
    });
    await requireHeld(target.location, lock);
    await this.#copier.publish(staged);
    await target.syncDirectory();
    this.#lastLsn = staged.walked.place.nextLsn - 1;
    const isKept = (one: SegmentName) => !isFirst && one.firstLsn < firstLsn;
    const replaced = this.#segments.filter((one) => !isKept(one));
    this.#segments = [
      ...this.#segments.filter(isKept),
      // Without records it ends the one before it, as the manifest does below.
      ...(this.#lastLsn < firstLsn ? [] : [segment]),
    ];
    await this.#write({
      ...this.#manifest!,
      epoch: this.#epochFor(look),
      baseLsn: this.#lastLsn,
      durableLsn: this.#lastLsn,
      rewriteLsn: 0,
      cuts: look.cuts,
    });
    await removeFiles(target, replaced);
  }

  /** Makes the manifest hide what will be added. */
  async #prepare(look: SourceLook, lastLsn: number): Promise<void> {
    const epoch = this.#epochFor(look);
    const { manifest: { log }, firstLsn } = look;
    if (this.#manifest !== undefined && this.#isComplete) {
      if (this.#isEnded && this.#manifest.epoch === epoch) return;
      return await this.#write({ ...this.#manifest, epoch });
    }
    // It declares records that no segment has, so that nothing opens this
    // directory before the first backup is complete.
    await this.#write({
      ...newManifest(log, firstLsn),
      epoch,
      durableLsn: Math.max(lastLsn, firstLsn),
    });
  }

  async #bringAll(look: SourceLook, lastLsn: number): Promise<MirroredEnd> {
    const { manifest } = look;
    const segments = look.segments.filter((one) => one.firstLsn <= lastLsn);
    let meta = newerMeta(manifest.meta, this.#manifest!.meta);
    let time = Math.max(manifest.time, this.#manifest!.time);
    let walked: Walked | undefined;
    for (const part of partsOf(segments, lastLsn)) {
      const before = walked?.place;
      walked = await this.#bring({ ...part, before });
      meta = newerMeta(meta, walked?.meta);
      time = Math.max(time, walked?.last?.time ?? 0);
    }
    const last = walked?.place;
    return {
      segments,
      lastLsn: last === undefined ? look.firstLsn - 1 : last.nextLsn - 1,
      link: last?.link ?? 0,
      time,
      meta,
    };
  }

  #bring(part: SegmentPart): Promise<Walked | undefined> {
    const { name } = part.segment;
    const at = this.#segments.findIndex((one) => one.name === name);
    if (at === -1) return this.#copier.bring(part);
    return at < this.#segments.length - 1
      ? this.#copier.keep(part)
      : this.#copier.extend(part, this.#lastLsn);
  }

  /** Replaces the manifest, if this is still the owner of the target. */
  async #write(manifest: Manifest): Promise<void> {
    const { target, lock } = this.#place;
    await requireHeld(target.location, lock);
    await writeManifest(target, { ...manifest, isBackup: true });
    const former = this.#manifest;
    this.#manifest = manifest;
    this.#isEnded = manifest.rewriteLsn === 0;
    if (former === undefined || former.epoch === manifest.epoch) return;
    await removeQuietly(target, formatManifestName(former.epoch));
  }
}

/** The segments with where each of them ends. */
function partsOf(
  segments: readonly SegmentName[],
  lastLsn: number,
): SegmentPart[] {
  return segments.map((segment, index) => {
    const next = segments[index + 1];
    const end = next?.firstLsn ?? lastLsn + 1;
    return { segment, end, isLast: next === undefined, before: undefined };
  });
}

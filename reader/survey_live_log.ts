import {
  faultOfEnd,
  missingFile,
  type SegmentScan,
} from "../recovery/decide_tail.ts";
import { scanSegment } from "../recovery/scan_tail.ts";
import {
  type DamagedSurvey,
  type Survey,
  surveyDamaged,
} from "../recovery/survey.ts";
import type { SegmentReader } from "../storage/segments/mod.ts";
import type { Storage } from "../storage/storage.ts";
import { StorageError } from "../storage/storage_error.ts";

/** Damage that no crash explains. */
export interface Damage {
  /** The path of the segment or the manifest, or of the whole log. */
  readonly file: string;
  /** Where in the file, in bytes. */
  readonly offset: number;
  /** What was expected and what was found. */
  readonly reason: string;
}

/** The files of a log, and what is wrong with them as a whole. */
export interface LiveSurvey extends DamagedSurvey {
  /** Present if the manifest or segments that it names are damaged or missing. */
  readonly damage?: Damage;
}

/**
 * The files of a log that its owner may be changing. A listing may be
 * incomplete while files come and go, so a file counts as missing only if a
 * second listing misses it too.
 */
export async function surveyLiveLog(storage: Storage): Promise<LiveSurvey> {
  let files = await surveyDamaged(storage);
  while (true) {
    const damage = damageOf(storage, files);
    if (damage === undefined) return files;
    const again = await surveyDamaged(storage);
    if (damageOf(storage, again)?.reason === damage.reason) {
      return { ...again, damage };
    }
    files = again;
  }
}

function damageOf(
  { location }: Storage,
  files: DamagedSurvey,
): Damage | undefined {
  const { manifestFault } = files;
  const reason = manifestFault?.reason ?? missingFile(files);
  if (reason === undefined) return undefined;
  return { file: manifestFault?.path ?? location, offset: 0, reason };
}

const ATTEMPTS = 10;

/**
 * Repeats `act` if a listed file was gone when it was opened: the owner of the
 * log has dropped it, or another owner took over.
 */
export async function retryIfGone<T>(act: () => Promise<T>): Promise<T> {
  for (let attempt = 1;; attempt++) {
    try {
      return await act();
    } catch (error) {
      if (!isGone(error) || attempt === ATTEMPTS) throw error;
    }
  }
}

/** Whether an error says that a file no longer exists. */
export function isGone(error: unknown): boolean {
  return error instanceof StorageError && error.code === "ENOENT";
}

/** The end of a log's last segment. */
export interface Tail {
  /** What was read of it. */
  readonly scan: SegmentScan;
  /** Damage that no crash explains, if there is any. */
  readonly fault?: string;
}

/**
 * Judges the end of the last segment as recovery would. A writer may be at
 * work, and what looks like damage may be a frame that was only half-written a
 * moment ago: a bad verdict counts only if a second look stops at the same
 * offset.
 */
export async function judgeTail(
  reader: SegmentReader,
  { manifest, end }: Pick<Survey, "manifest" | "end">,
): Promise<Tail> {
  let scan = await scanSegment(reader, end);
  let fault = faultOfEnd(scan, manifest, "tail");
  while (fault !== undefined) {
    const again = await scanSegment(reader, end);
    const isSame = again.stop.offset === scan.stop.offset;
    scan = again;
    fault = faultOfEnd(scan, manifest, "tail");
    if (isSame) break;
  }
  return fault === undefined ? { scan } : { scan, fault };
}

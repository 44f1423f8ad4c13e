import { missingFile } from "../../recovery/decide_tail.ts";
import { type DamagedSurvey, surveyDamaged } from "../../recovery/survey.ts";
import type { Storage } from "../../storage/storage.ts";
import type { Damage } from "./examine_log.ts";
import { StorageError } from "../../storage/storage_error.ts";

/** The files of a log, and what is wrong with them as a whole. */
export interface LiveSurvey extends DamagedSurvey {
  /** The manifest is damaged or missing, or segments that it knows of are. */
  readonly damage?: Damage;
}

/**
 * The files of a log that somebody may be changing. A directory may be listed
 * in part while files come and go, so what is missing counts only if a second
 * look misses the same.
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
 * Acts again if a file was gone that had just been listed: the owner of the log
 * has dropped it, or another owner took over.
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

/** Whether an error says that a file is not there any more. */
export function isGone(error: unknown): boolean {
  return error instanceof StorageError && error.code === "ENOENT";
}

import { lowestSince } from "../format/cuts.ts";
import { parseManifestName } from "../format/file_names.ts";
import type { Manifest } from "../format/manifest.ts";
import type { Storage } from "../storage.ts";
import { isMissing } from "../storage_error.ts";
import { readManifest } from "./log_files.ts";

/** Which log a directory holds, and since when. */
export interface LogIdentity {
  /** The log's id; zeros if it has none. */
  readonly log: string;
  /** Its current epoch; 0 if it has none. */
  readonly epoch: number;
  /**
   * The last LSN of which what was read in `epoch` is still part of the log; or
   * Infinity if the log was not cut back since.
   */
  lowestSince(epoch: number): number;
}

/** For a log that is not made of segments. */
const UNKNOWN: LogIdentity = {
  log: "0".repeat(32),
  epoch: 0,
  lowestSince: () => Infinity,
};

/** How often a manifest may be replaced while it is looked for. */
const MOST_TRIES = 10;

/**
 * Reads which log `files` holds, from the manifest that counts. Rejects with
 * `CorruptLogError`, `FormatVersionError` or `StorageError` if that cannot be
 * read.
 */
export async function identifyLog(files: Storage): Promise<LogIdentity> {
  for (let tries = 1;; tries++) {
    const epochs = (await files.list())
      .map((name) => parseManifestName(name) ?? 0);
    const newest = Math.max(0, ...epochs);
    if (newest === 0) return UNKNOWN;
    try {
      return identityOf(await readManifest(files, newest));
    } catch (error) {
      // The next owner has replaced it in the meantime.
      if (!isMissing(error) || tries === MOST_TRIES) throw error;
    }
  }
}

function identityOf({ log, epoch, cuts = [] }: Manifest): LogIdentity {
  return { log, epoch, lowestSince: (since) => lowestSince(cuts, since) };
}

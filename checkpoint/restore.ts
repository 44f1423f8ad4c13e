import { requireType } from "../argument.ts";
import { requireFiles } from "../storage/no_directory_error.ts";
import { identifyLog } from "../storage/segments/mod.ts";
import type { Storage } from "../storage/storage.ts";
import { isMissing, StorageError } from "../storage/storage_error.ts";
import { findSnapshots, FOREIGN, whyNotContinued } from "./find_snapshots.ts";
import { type Snapshot, SnapshotFile } from "./snapshot.ts";

/** Receives the snapshot to restore from. */
export type ReadSnapshot = (snapshot: Snapshot) => void | Promise<void>;

/** What restoring needs of a log. */
export interface RestoredLog {
  /** The directory of the log. */
  readonly files?: Storage | undefined;
  /** LSN of the oldest record kept, or of the next one if there is none. */
  readonly firstLsn: number;
  /** LSN of the last record; Infinity if another process appends. */
  readonly lastLsn: number;
}

/** How often snapshots may be replaced while one is looked for. */
const MOST_TRIES = 10;

/**
 * Passes the newest snapshot that is whole, and that the log continues, to
 * `read`. Resolves with the LSN of the first record to replay.
 */
export async function restore(
  log: RestoredLog,
  read: ReadSnapshot,
): Promise<number> {
  requireType("restore", "its argument", read, "function");
  const files = requireFiles("restore", log.files);
  for (let tries = 1;; tries++) {
    const skipped: string[] = [];
    const found = await findSnapshot(files, log, skipped);
    if (found === undefined) return requireAll(files, log.firstLsn, skipped);
    // A checkpoint has removed it in the meantime: there is a newer one.
    if (found === "gone" && tries < MOST_TRIES) continue;
    if (found === "gone") skipped.push("snapshots vanish again and again");
    if (found === "gone") throw missing(files, log.firstLsn, skipped);
    try {
      await read(found.show(skipped));
    } finally {
      await found.close();
    }
    return found.header.lsn + 1;
  }
}

/** The newest that can be used; notes why others were passed over. */
async function findSnapshot(
  files: Storage,
  { firstLsn, lastLsn }: RestoredLog,
  skipped: string[],
): Promise<SnapshotFile | "gone" | undefined> {
  const identity = await identifyLog(files);
  for (const name of await findSnapshots(files)) {
    const skip = (reason: string) => skipped.push(`"${name.name}": ${reason}`);
    try {
      const file = await SnapshotFile.open(files, name);
      if (typeof file === "string") {
        skip(file);
        continue;
      }
      const place = { identity, firstLsn, lastLsn };
      const reason = whyNotContinued(file.header, place) ??
        await checkOrClose(file);
      if (reason === undefined) return file;
      await file.close();
      skip(reason);
    } catch (error) {
      if (isMissing(error)) return "gone";
      const isDamaged = error instanceof StorageError && error.code === "EIO";
      if (!isDamaged) throw error;
      skip(error.message);
    }
  }
}

async function checkOrClose(file: SnapshotFile): Promise<string | undefined> {
  try {
    return await file.check();
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Without a snapshot, the log itself must have everything. */
function requireAll(
  files: Storage,
  firstLsn: number,
  skipped: readonly string[],
): number {
  const isReplaced = skipped.some((reason) => reason.endsWith(FOREIGN));
  if (firstLsn === 1 && !isReplaced) return firstLsn;
  throw missing(files, firstLsn, skipped);
}

function missing(
  { location }: Storage,
  firstLsn: number,
  skipped: readonly string[],
): SnapshotMissingError {
  return new SnapshotMissingError(location, firstLsn, skipped);
}

/**
 * Thrown by `restore` if the log does not begin with record 1, and no snapshot
 * covers what is missing; or if all snapshots are from another log.
 */
export class SnapshotMissingError extends Error {
  /** The class's name. */
  override readonly name = "SnapshotMissingError";

  /** Creates the error for one log. */
  constructor(
    /** Where the log is. */
    readonly location: string,
    /** LSN of the oldest record kept: the records before it are missing. */
    readonly firstLsn: number,
    /** The snapshots found, and why none of them can be used. */
    readonly skipped: readonly string[],
  ) {
    const found = skipped.length === 0 ? "there is none" : skipped.join("; ");
    super(
      `Cannot restore from "${location}" because the log begins with record ` +
        `${firstLsn}, and no snapshot leads up to it: ${found}`,
    );
  }
}

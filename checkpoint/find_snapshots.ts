import { parseSnapshotName, type SnapshotName } from "../storage/format/mod.ts";
import type { SnapshotHeader } from "../storage/format/companions/mod.ts";
import type { LogIdentity } from "../storage/segments/mod.ts";
import type { Storage } from "../storage/storage.ts";

/** What a snapshot must fit. */
export interface SnapshotPlace {
  /** Which log it is. */
  readonly identity: LogIdentity;
  /** LSN of the oldest record kept. */
  readonly firstLsn: number;
  /** LSN of the last record; Infinity if another process appends. */
  readonly lastLsn: number;
}

/** The snapshots of a directory by their names, the newest first. */
export async function findSnapshots(files: Storage): Promise<SnapshotName[]> {
  return (await files.list())
    .flatMap<SnapshotName>((name) => parseSnapshotName(name) ?? [])
    .sort((a, b) => b.lsn - a.lsn || b.epoch - a.epoch);
}

/** What is wrong with a snapshot that is from another log. */
export const FOREIGN = "it is from another log";

/** Why the log does not continue a snapshot; `undefined` if it does. */
export function whyNotContinued(
  { log, epoch, lsn }: Pick<SnapshotHeader, "log" | "epoch" | "lsn">,
  { identity, firstLsn, lastLsn }: SnapshotPlace,
): string | undefined {
  if (log !== identity.log) return FOREIGN;
  const cutTo = Math.min(identity.lowestSince(epoch), lastLsn);
  if (cutTo < lsn) {
    return `it covers records up to ${lsn}, and the log was cut back to ` +
      `record ${cutTo}`;
  }
  if (lsn + 1 >= firstLsn) return undefined;
  const missing = lsn + 2 === firstLsn
    ? `record ${lsn + 1} after it has`
    : `records ${lsn + 1} to ${firstLsn - 1} after it have`;
  return `${missing} been dropped`;
}

import type { StorageLock } from "../storage/storage.ts";
import type { Survey } from "./survey.ts";

/**
 * The number of an opening: the lock's, but above the last segment's even if
 * somebody removed the lock files.
 */
export function openingEpoch(
  { epoch }: StorageLock,
  { segments }: Survey,
): number {
  return Math.max(epoch, (segments.at(-1)?.epoch ?? 0) + 1);
}

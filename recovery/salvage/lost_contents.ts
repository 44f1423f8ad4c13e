import type { Manifest, SegmentName } from "../../storage/format/mod.ts";

/** The records that were in an unreadable segment. */
export interface LostContents {
  /** A description, as a clause. */
  readonly text: string;
  /** Whether the number of its records is unknown. */
  readonly isUnknown: boolean;
}

/**
 * Infers what was in an unreadable segment from the manifest and from `next`,
 * the LSN where the next one begins, `Infinity` for the last one; pure.
 */
export function lostContents(
  { firstLsn }: SegmentName,
  next: number,
  manifest: Manifest | undefined,
): LostContents {
  if (next !== Infinity) return known(firstLsn, next - 1);
  if (manifest?.closed) return known(firstLsn, manifest.durableLsn);
  const durableLsn = manifest?.durableLsn ?? 0;
  const text = durableLsn < firstLsn
    ? "it is unknown which records were in it"
    : `${rangeOf(firstLsn, durableLsn)} belong there, and it is unknown ` +
      "which ones came after";
  return { text, isUnknown: true };
}

function known(firstLsn: number, lastLsn: number): LostContents {
  const text = lastLsn < firstLsn
    ? "no records belong there"
    : `${rangeOf(firstLsn, lastLsn)} belong there`;
  return { text, isUnknown: false };
}

function rangeOf(firstLsn: number, lastLsn: number): string {
  return `records ${firstLsn} to ${lastLsn}`;
}

import type { Manifest, SegmentName } from "../../storage/format/mod.ts";

/** What was in a segment that does not say so itself. */
export interface LostContents {
  /** In a clause. */
  readonly text: string;
  /** Whether nobody knows how many records it had. */
  readonly isUnknown: boolean;
}

/**
 * What was in a segment that cannot be read, by what the next one, which begins
 * at `next`, and the manifest say; pure. `next` is `Infinity` in the last one.
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
    ? "nobody knows which records were in it"
    : `${rangeOf(firstLsn, durableLsn)} belong there, and nobody knows which ` +
      "came after";
  return { text, isUnknown: true };
}

function known(firstLsn: number, lastLsn: number): LostContents {
  const text = lastLsn < firstLsn
    ? "no record belongs there"
    : `${rangeOf(firstLsn, lastLsn)} belong there`;
  return { text, isUnknown: false };
}

function rangeOf(firstLsn: number, lastLsn: number): string {
  return `records ${firstLsn} to ${lastLsn}`;
}

import { lsnsOf } from "../storage/format/frame.ts";
import type { SegmentName } from "../storage/format/segment_name.ts";
import { SegmentReader } from "../storage/segment_reader.ts";
import type { Storage } from "../storage/storage.ts";
import { SegmentCursor } from "../storage/segment_cursor.ts";
import type { FileNames, Survey } from "./survey.ts";

/** Says of each file that is not the log's that it is there. */
export function describeStrays(
  { location }: Storage,
  { strays }: FileNames,
): string[] {
  return strays.map((name) =>
    `"${location}/${name}" is not the log's: it was left alone`
  );
}

/** Says of each fenced segment which records are in it. */
export async function describeFenced(
  storage: Storage,
  { fenced }: Survey,
): Promise<string[]> {
  const texts: string[] = [];
  for (const segment of fenced) {
    const lastLsn = await lastLsnOf(storage, segment);
    const { firstLsn, epoch, name } = segment;
    // A crash leaves such a one, too: right after it was made.
    if (lastLsn < firstLsn) continue;
    texts.push(
      `"${storage.location}/${name}" holds records ${firstLsn} to ${lastLsn} ` +
        `that the owner of epoch ${epoch} wrote after it had been overtaken: ` +
        "none of them was acknowledged, and they are not part of the log",
    );
  }
  return texts;
}

/** LSN of the last record of a segment that is no part of the log. */
export async function lastLsnOf(
  storage: Storage,
  { name, firstLsn }: SegmentName,
): Promise<number> {
  const reader = await SegmentReader.openDamaged(storage, name);
  try {
    if ("fault" in reader.found) return firstLsn - 1;
    let lastLsn = firstLsn - 1;
    for await (const frames of new SegmentCursor(reader).frames()) {
      for (const frame of frames) lastLsn = frame.firstLsn + lsnsOf(frame) - 1;
    }
    return lastLsn;
  } finally {
    await reader.close();
  }
}

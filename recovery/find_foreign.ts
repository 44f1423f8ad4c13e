import { describeFault } from "../storage/corrupt_log_error.ts";
import {
  type Manifest,
  SEGMENT_HEADER_BYTES,
  type SegmentName,
} from "../storage/format/mod.ts";
import { notTheSegment, SegmentReader } from "../storage/segments/mod.ts";
import type { Storage } from "../storage/storage.ts";
import type { Pace } from "../storage/turns.ts";

/** A segment that is not part of the log, whatever its name says. */
export interface ForeignSegment extends SegmentName {
  /** Its path, for messages. */
  path: string;
  /** Why it is not part of the log. */
  reason: string;
}

/**
 * Finds the segments of other logs, copies under other names, and files that
 * were never segments; and the log's id, from the manifest or most headers.
 *
 * The names of such segments mean nothing. They must be known before the others
 * are put in order: a high epoch in such a name would fence real segments.
 */
export async function findForeign(
  storage: Storage,
  found: readonly SegmentName[],
  manifest: Manifest | undefined,
  pace: Pace,
): Promise<{ log: string | undefined; foreign: ForeignSegment[] }> {
  const log = manifest?.log ?? await mostCommonLog(storage, found, pace);
  const list: ForeignSegment[] = [];
  for (const segment of found) {
    const reader = await SegmentReader.openDamaged(storage, segment.name, pace);
    try {
      const reason = await whyForeign(reader, segment, log, manifest);
      if (reason === undefined) continue;
      list.push({ ...segment, path: reader.path, reason });
    } finally {
      await reader.close();
    }
  }
  return { log, foreign: list };
}

async function mostCommonLog(
  storage: Storage,
  segments: readonly SegmentName[],
  pace: Pace,
): Promise<string | undefined> {
  const counts = new Map<string, number>();
  for (const { name } of segments) {
    const reader = await SegmentReader.openDamaged(storage, name, pace);
    const { found } = reader;
    await reader.close();
    if ("fault" in found) continue;
    counts.set(found.log, (counts.get(found.log) ?? 0) + 1);
  }
  const [first] = [...counts].sort(([, a], [, b]) => b - a);
  return first?.[0];
}

async function whyForeign(
  reader: SegmentReader,
  segment: SegmentName,
  log: string | undefined,
  manifest: Manifest | undefined,
): Promise<string | undefined> {
  const { found } = reader;
  if (!("fault" in found)) {
    return notTheSegment(segment, found, log);
  }
  // An owner writes its manifest first, so no owner had this epoch.
  if (manifest === undefined || segment.epoch <= manifest.epoch) {
    return undefined;
  }
  for await (const _ of reader.search(SEGMENT_HEADER_BYTES)) return undefined;
  return `segment header ${describeFault(found)}; it has no frames, and the ` +
    `log never had an owner of epoch ${segment.epoch}`;
}

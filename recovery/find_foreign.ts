import {
  type Manifest,
  SEGMENT_HEADER_BYTES,
  type SegmentName,
} from "../storage/format/mod.ts";
import { notTheSegment, SegmentReader } from "../storage/segments/mod.ts";
import { describeFault } from "../storage/corrupt_log_error.ts";
import type { Storage } from "../storage/storage.ts";

/** A segment that is no part of the log, whatever its name says. */
export interface ForeignSegment extends SegmentName {
  /** Its path, for messages. */
  path: string;
  /** What it is instead. */
  reason: string;
}

/**
 * Finds the segments that are another log's, copies under another name, or
 * nobody's; and the log's id, by the manifest or else by most headers.
 *
 * The names of such segments mean nothing: they have to be known before the
 * others are put in order, or a high epoch in one would fence the log's own.
 */
export async function findForeign(
  storage: Storage,
  found: readonly SegmentName[],
  manifest: Manifest | undefined,
): Promise<{ log: string | undefined; foreign: ForeignSegment[] }> {
  const log = manifest?.log ?? await mostCommonLog(storage, found);
  const list: ForeignSegment[] = [];
  for (const segment of found) {
    const reader = await SegmentReader.openDamaged(storage, segment.name);
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
): Promise<string | undefined> {
  const counts = new Map<string, number>();
  for (const { name } of segments) {
    const reader = await SegmentReader.openDamaged(storage, name);
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
  // An owner writes its manifest first: no owner of such an epoch was here.
  if (manifest === undefined || segment.epoch <= manifest.epoch) {
    return undefined;
  }
  for await (const _ of reader.search(SEGMENT_HEADER_BYTES)) return undefined;
  return `segment header ${describeFault(found)}; it has no frame, and no ` +
    `owner of epoch ${segment.epoch} was here`;
}

/** The directory holds files but no log; nothing was changed. */
export class ForeignFileError extends Error {
  /** The class's name. */
  override readonly name = "ForeignFileError";

  /** Made on opening. */
  constructor(
    /** The path of the file. */
    readonly path: string,
  ) {
    super(
      `Cannot begin a log in the directory of "${path}" because that file is ` +
        "not a log's: move it away, or give the log a directory of its own",
    );
  }
}

import { streamOf } from "../checkpoint/snapshot.ts";
import { CorruptLogError } from "../storage/corrupt_log_error.ts";
import type { SealedSegment } from "../storage/frame_log.ts";
import type { Storage } from "../storage/storage.ts";
import type { ArchivedSegment } from "./upkeep_options.ts";

/** Reads a segment once, and describes it for a hook. */
export async function describeSegment(
  segment: SealedSegment,
  { location }: Storage,
  signal: AbortSignal,
): Promise<ArchivedSegment> {
  const { name, firstLsn, lastLsn } = segment;
  const path = `${location}/${name}`;
  let bytes = 0;
  for await (const piece of segment.read()) {
    signal.throwIfAborted();
    bytes += piece.length;
  }
  async function* read() {
    let found = 0;
    for await (const piece of segment.read()) {
      found += piece.length;
      yield piece;
    }
    if (found === bytes) return;
    const reason = `expected ${bytes} bytes, found ${found}`;
    throw new CorruptLogError(path, found, reason);
  }
  // Without a directory, the location is a word in brackets.
  const isFile = !location.startsWith("[") && segment.bytes === bytes;
  return {
    name,
    firstLsn,
    lastLsn,
    bytes,
    ...(isFile && { path }),
    signal,
    stream: () => streamOf(read()),
    [Symbol.asyncIterator]: read,
  };
}

import { createSegment } from "../storage/create_segment.ts";
import {
  encodeFrame,
  FRAME_HEADER_BYTES,
  frameBytes,
  KIND,
} from "../storage/format/frame.ts";
import { encodeHole } from "../storage/format/hole.ts";
import { readFully } from "../storage/segment_reader.ts";
import type { Storage, StorageFile, StorageLock } from "../storage/storage.ts";
import { writeAll } from "../storage/write_all.ts";
import type { Piece, SegmentPlan } from "./salvage_plan.ts";

const STEP_BYTES = 1024 * 1024;

/**
 * Writes a segment as planned: a new one, or the next revision of one that is
 * damaged, which is no part of the log from then on and stays as it is.
 */
export async function rewriteSegment(
  storage: Storage,
  lock: StorageLock,
  { segment, salt, previous, time, pieces, replaces }: SegmentPlan,
  log: string,
): Promise<void> {
  const source = replaces
    ? await storage.open(segment.name, "read")
    : undefined;
  try {
    const { file } = await createSegment(storage, lock, {
      log,
      firstLsn: segment.firstLsn,
      epoch: segment.epoch,
      ...(replaces && { revision: (segment.revision ?? 0) + 1 }),
      previous,
      ...(salt !== undefined && { salt }),
      async fill(file, offset, salt) {
        // What is new has the time of the frame before: it never falls.
        let last = time;
        for (const piece of pieces) {
          if (piece.kind === "run") last = piece.run.time;
          offset += piece.kind === "run"
            ? await copyRun(file, offset, piece, source)
            : await writePiece(file, offset, piece, salt, last);
        }
        return offset;
      },
    });
    await file.close();
  } finally {
    await source?.close();
  }
}

/** Returns how many bytes it wrote. */
async function copyRun(
  target: StorageFile,
  offset: number,
  { run }: Extract<Piece, { kind: "run" }>,
  source: StorageFile | undefined,
): Promise<number> {
  const size = run.end - run.offset;
  for (let at = 0; source !== undefined && at < size; at += STEP_BYTES) {
    const length = Math.min(STEP_BYTES, size - at);
    const bytes = await readFully(source, run.offset + at, length);
    await writeAll(target, bytes, offset + at);
  }
  return size;
}

/** Returns how many bytes it wrote. */
async function writePiece(
  file: StorageFile,
  offset: number,
  piece: Exclude<Piece, { kind: "run" }>,
  salt: number,
  time: number,
): Promise<number> {
  const { firstLsn, previous, kind } = piece;
  const hole = kind === "hole" ? piece.hole : undefined;
  const payload = hole === undefined ? new Uint8Array() : encodeHole(hole);
  const bytes = new Uint8Array(frameBytes(payload.length));
  bytes.set(payload, FRAME_HEADER_BYTES);
  encodeFrame(bytes, {
    salt,
    previous,
    firstLsn,
    // True as soon as anybody can read it: the segment is synced before.
    syncedLsn: firstLsn + (hole?.lost ?? 0) - 1,
    count: 0,
    length: payload.length,
    time,
    kind: KIND[kind],
  });
  await writeAll(file, bytes, offset);
  return bytes.length;
}

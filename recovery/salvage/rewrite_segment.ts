import { encodeHole, KIND, makeFrame } from "../../storage/format/mod.ts";
import { createSegment, readFully } from "../../storage/segments/mod.ts";
import {
  type Storage,
  type StorageFile,
  type StorageLock,
  writeAll,
} from "../../storage/storage.ts";
import { Pace } from "../../storage/turns.ts";
import type { Piece, SegmentPlan } from "./plan_segment.ts";

const STEP_BYTES = 1024 * 1024;

/**
 * Writes a segment as planned: a new one, or the next revision of a damaged
 * one. The damaged segment no longer counts, and stays as it is.
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
        // A new frame has the time of the one before: time never decreases.
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
  const pace = new Pace();
  for (let at = 0; source !== undefined && at < size; at += STEP_BYTES) {
    const length = Math.min(STEP_BYTES, size - at);
    const bytes = await readFully(source, run.offset + at, length);
    await writeAll(target, bytes, offset + at);
    await pace.spend(length);
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
  const { bytes } = makeFrame(payload, {
    salt,
    previous,
    firstLsn,
    // Holds as soon as anyone can read it: the segment is synced before.
    syncedLsn: firstLsn + (hole?.lost ?? 0) - 1,
    count: 0,
    time,
    kind: KIND[kind],
  });
  await writeAll(file, bytes, offset);
  return bytes.length;
}

import { createSegment } from "../storage/create_segment.ts";
import {
  encodeFrame,
  FRAME_HEADER_BYTES,
  frameBytes,
} from "../storage/format/frame.ts";
import { encodeHole } from "../storage/format/hole.ts";
import type { Storage, StorageFile, StorageLock } from "../storage/storage.ts";
import { writeAll } from "../storage/write_all.ts";
import { copyBytes } from "./keep_original.ts";
import type { Piece, SegmentPlan } from "./salvage_plan.ts";

/**
 * Writes a segment as planned, under another name first, and puts it in the
 * place of the damaged one, whose bytes have to be kept before.
 */
export async function rewriteSegment(
  storage: Storage,
  lock: StorageLock,
  { segment, salt, previous, pieces, replaces }: SegmentPlan,
): Promise<void> {
  const source = replaces
    ? await storage.open(segment.name, "read")
    : undefined;
  try {
    const { file } = await createSegment(storage, lock, {
      firstLsn: segment.firstLsn,
      epoch: segment.epoch,
      previous,
      ...(salt !== undefined && { salt }),
      async fill(file, offset, salt) {
        for (const piece of pieces) {
          offset += await writePiece(file, offset, piece, salt, source);
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
async function writePiece(
  file: StorageFile,
  offset: number,
  piece: Piece,
  salt: number,
  source: StorageFile | undefined,
): Promise<number> {
  if (piece.kind === "run") {
    const { run } = piece;
    if (source !== undefined) {
      await copyBytes(source, run.offset, run.end, file, offset);
    }
    return run.end - run.offset;
  }
  const bytes = encodePiece(piece, salt);
  await writeAll(file, bytes, offset);
  return bytes.length;
}

function encodePiece(
  piece: Exclude<Piece, { kind: "run" }>,
  salt: number,
): Uint8Array {
  const { firstLsn, previous } = piece;
  const hole = piece.kind === "hole" ? piece.hole : undefined;
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
  });
  return bytes;
}

import { encodeFrame, frameBytes } from "../format/frame.ts";
import type { ZerosAhead } from "../segments/zeros_ahead.ts";
import { type MaybePromise, type StorageFile, writeAll } from "../storage.ts";
import {
  type FrameOutcome,
  type FrameTarget,
  type FrameTask,
  STAGE,
  type Stage,
} from "./frame_thread.ts";

/** What a thread needs of its storage. */
export interface CommitPlace {
  /** Opens the file of a target, if it is not open. */
  open(target: FrameTarget): MaybePromise<StorageFile>;
  /** Whether the lock is still held. */
  isHeld(target: FrameTarget): MaybePromise<boolean>;
  /** The time in ms, to measure with. */
  now(): number;
  /** Where a frame and the zeros after it are put together. */
  readonly zeros: ZerosAhead;
}

/**
 * Does a task: the checksum, the write, the sync, and then the check of the
 * lock. It asks `reach` before each step, and stops if that returns false.
 * Resolves with `undefined` then.
 */
export async function commitFrame(
  { target, frame, sync }: FrameTask,
  place: CommitPlace,
  reach: (stage: Stage) => boolean,
): Promise<FrameOutcome | undefined> {
  const outcome = { checksum: 0, writeMs: 0, syncMs: 0, isHeld: false };
  let at: Stage = STAGE.handed;
  const begin = (stage: Stage) => reach(at = stage);
  try {
    const file = await place.open(target);
    if (frame !== undefined) {
      if (!begin(STAGE.writing)) return undefined;
      const startedAt = place.now();
      const { buffer, header, offset, zeros } = frame;
      outcome.checksum = encodeFrame(buffer, header);
      const bytes = buffer.subarray(0, frameBytes(header.length));
      const whole = zeros > 0 ? place.zeros.stage(bytes, zeros) : bytes;
      await writeAll(file, whole, offset);
      outcome.writeMs = place.now() - startedAt;
      if (!reach(STAGE.written)) return undefined;
    }
    if (sync) {
      if (!begin(STAGE.syncing)) return undefined;
      const startedAt = place.now();
      await file.datasync();
      outcome.syncMs = place.now() - startedAt;
      if (!reach(STAGE.synced)) return undefined;
    }
    at = STAGE.synced;
    return { ...outcome, isHeld: await place.isHeld(target) };
  } catch (error) {
    return { ...outcome, failure: { at, error } };
  }
}

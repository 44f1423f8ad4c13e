import { Frame, FrameWindow, lsnsOf } from "../storage/format/mod.ts";
import type { RecordBatch } from "../storage/frame_log.ts";
import { batchOf } from "../storage/segments/mod.ts";
import type { RecentRecords } from "./log_source.ts";

/** Bounds of what is kept. */
const MOST_BYTES = 1024 * 1024;
const MOST_FRAMES = 1024;

/** The frames that were read last at the end of a log, for its followers. */
export class RecentFrames implements RecentRecords {
  /** Without gaps. */
  #frames: { readonly path: string; readonly frame: Frame }[] = [];
  #bytes = 0;
  #nextLsn = 0;

  /** Adds frames that were read together. */
  add(path: string, read: readonly Frame[]): void {
    for (const frame of compact(read)) {
      const lsns = lsnsOf(frame);
      if (lsns === 0) continue;
      if (frame.firstLsn !== this.#nextLsn) this.clear();
      this.#nextLsn = frame.firstLsn + lsns;
      this.#frames.push({ path, frame });
      this.#bytes += frame.bytes;
    }
    while (this.#bytes > MOST_BYTES || this.#frames.length > MOST_FRAMES) {
      this.#bytes -= this.#frames.shift()!.frame.bytes;
    }
  }

  /** Forgets all of them. */
  clear(): void {
    this.#frames = [];
    this.#bytes = 0;
    this.#nextLsn = 0;
  }

  /** The records of one frame from `from` on, at most up to `to`, if kept. */
  take(from: number, to: number): RecordBatch | undefined {
    const found = this.#find(from);
    return found && batchOf(found.path, found.frame, from, to);
  }

  /** Whether a follower whose next record is `lsn` is near the end. */
  keeps(lsn: number): boolean {
    return lsn === this.#nextLsn || this.#find(lsn) !== undefined;
  }

  #find(lsn: number): { path: string; frame: Frame } | undefined {
    if (lsn >= this.#nextLsn) return undefined;
    const frames = this.#frames;
    let low = 0;
    let high = frames.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (frames[middle].frame.firstLsn <= lsn) low = middle + 1;
      else high = middle;
    }
    return frames[low - 1];
  }
}

/** The same frames, if they would keep more than twice their size in memory. */
function compact(frames: readonly Frame[]): readonly Frame[] {
  const first = frames[0];
  const last = frames[frames.length - 1];
  const { window } = first;
  const end = last.offset + last.bytes;
  if (window !== last.window || window.length <= 2 * (end - first.offset)) {
    return frames;
  }
  const part = window.part(
    first.offset - window.offset,
    end - window.offset,
  );
  const own = new FrameWindow(part.slice(), first.offset);
  return frames.map(({ offset, bytes }) =>
    new Frame(own, offset - first.offset, bytes)
  );
}

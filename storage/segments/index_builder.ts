import type { IndexEntry } from "../format/segment_index.ts";
import { FrameIndex, INDEX_STEP_BYTES } from "./frame_index.ts";

/** Collects the index entries of a segment, frame by frame. */
export class IndexBuilder {
  /** One frame about every `INDEX_STEP_BYTES`, without the first. */
  readonly index = new FrameIndex();
  readonly #stepBytes: number;
  /**
   * Offset from which on an entry is due. Looking here first saves a call of
   * `add` for most frames.
   */
  dueAt: number;

  /** Starts an index of a segment whose first frame is at `offset`. */
  constructor(offset: number, stepBytes = INDEX_STEP_BYTES) {
    this.#stepBytes = stepBytes;
    this.dueAt = offset + stepBytes;
  }

  /** The entries, in order, for a seal. */
  get entries(): readonly IndexEntry[] {
    return this.index.entries;
  }

  /** Adds the frame at `offset`, with first record `lsn`, if one is due. */
  add(lsn: number, offset: number): void {
    if (offset < this.dueAt) return;
    this.index.add(lsn, offset);
    this.dueAt = offset + this.#stepBytes;
  }
}

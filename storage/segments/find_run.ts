import {
  decodeFrame,
  type Frame,
  type FrameFault,
  FrameWindow,
  KIND,
  lsnsOf,
  unknownFeature,
} from "../format/frame.ts";
import { FrameHops, HOP_BYTES } from "../format/frame_hops.ts";
import type { MaybePromise, StorageFile } from "../storage.ts";
import type { Memory, ReaderPool } from "./reader_pool.ts";
import { advance, type ChainEnd, follows } from "./segment_cursor.ts";
import type { SegmentReader } from "./segment_reader.ts";

/** A part of a segment in which a frame is looked for. */
export interface Stretch {
  /** Where a frame begins, and with which record. */
  readonly offset: number;
  readonly nextLsn: number;
  /** The checksum that this frame must name, if it is known. */
  readonly previous?: number | undefined;
  /** Where the next stretch should begin, if it is known. */
  readonly endOffset?: number | undefined;
  /**
   * What must be at the stretch's end, if its bounds are only a hint: bytes of
   * a record can look like frames, but such frames do not lead to the next one.
   */
  readonly mustReach?: { readonly lsn: number; readonly isSeal: boolean };
}

/** The records wanted, and where their segment ends. */
export interface Wanted {
  /** LSN of the first record. */
  readonly from: number;
  /** LSN of the last one. */
  readonly to: number;
  /** LSN at which the next segment begins. */
  readonly end: number;
}

/** Verified frames that follow one another. */
export interface FrameRun {
  /** The segment's path, for messages. */
  readonly path: string;
  /** The frames; the first one holds the record that was looked for. */
  readonly frames: readonly Frame[];
  /** Where the next frame is, and what it must match. */
  readonly offset: number;
  readonly chain: ChainEnd;
  /** Whether later lookups may use the frames again: copy what callers get. */
  readonly isKept?: boolean;
}

/**
 * Finds the frame that holds record `wanted.from`, passing those before it by
 * their headers, and verifies it and the wanted ones after it that were read
 * with it. Returns `undefined` if anything is not as expected: then only
 * reading from the segment's start can tell what is wrong.
 *
 * Gives the reader back. Awaits only what is a promise, so that with files that
 * answer at once all lookups share one reader, however many are in progress.
 */
export async function findRun(
  pool: ReaderPool,
  reader: SegmentReader,
  stretch: Stretch,
  wanted: Wanted,
): Promise<FrameRun | undefined> {
  const { endOffset = Infinity, mustReach } = stretch;
  const hops = new FrameHops({ ...stretch, salt: reader.header.salt });
  let memory: Memory | undefined;
  let isFine = false;
  try {
    const taking = pool.takeMemory(reader);
    memory = taking instanceof Uint8Array ? taking : await taking;
    const window = new Window(reader.file, memory, endOffset);
    let { offset } = stretch;
    let length = 0;
    do {
      offset += length;
      if (offset >= endOffset) return undefined;
      const loading = window.show(offset);
      if (loading !== undefined) await loading;
      length = window.pass(hops, offset);
      if (length === 0 || hops.nextLsn > wanted.end) return undefined;
    } while (hops.nextLsn <= wanted.from);
    const bytes = window.copy(offset, length, wanted.to < hops.nextLsn);
    const found = bytes === undefined
      ? [await reader.frameAt(offset)]
      : framesIn(new FrameWindow(bytes, offset));
    const run = runOf(reader, found, wanted);
    while (run !== undefined && mustReach !== undefined) {
      offset += length;
      if (offset > endOffset) return undefined;
      const isEnd = offset === endOffset;
      if (isEnd && hops.nextLsn !== mustReach.lsn) return undefined;
      const loading = window.show(offset);
      if (loading !== undefined) await loading;
      length = window.pass(hops, offset);
      if (length === 0) return undefined;
      if (!isEnd) continue;
      if (mustReach.isSeal && hops.kind !== KIND.seal) return undefined;
      break;
    }
    isFine = true;
    return run;
  } finally {
    const closing = pool.giveBack(reader, isFine ? wanted.from : -1, memory);
    if (closing !== undefined) await closing;
  }
}

/** The frames of a window, up to one that is not whole. */
function* framesIn(window: FrameWindow): Generator<Frame | FrameFault> {
  for (let at = 0; at < window.length;) {
    const frame = decodeFrame(window, at);
    yield frame;
    if ("fault" in frame) return;
    at += frame.bytes;
  }
}

/** The frame that holds the first record, and those that follow it. */
function runOf(
  { path, header: { salt } }: SegmentReader,
  found: Iterable<Frame | FrameFault>,
  { from, to, end }: Wanted,
): FrameRun | undefined {
  const frames: Frame[] = [];
  let chain: ChainEnd | undefined;
  for (const frame of found) {
    if ("fault" in frame || unknownFeature(frame) !== undefined) break;
    const { firstLsn: nextLsn, previous } = frame;
    const begins = chain ?? { salt, previous, nextLsn, link: previous };
    if (!follows(frame, begins, end)) break;
    chain = begins;
    advance(chain, frame);
    frames.push(frame);
    if (chain.nextLsn > to || chain.nextLsn >= end) break;
  }
  const first = frames.at(0);
  const last = frames.at(-1);
  if (chain === undefined || !first || !last) return undefined;
  const holds = first.firstLsn <= from && from < first.firstLsn + lsnsOf(first);
  const offset = last.offset + last.bytes;
  return holds ? { path, frames, offset, chain } : undefined;
}

/** A part of a file, read to memory that is used again. */
export class Window {
  readonly #file: StorageFile;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  readonly #end: number;
  #offset = 0;
  /** Bytes of the file that are in memory, and zeros after them. */
  #filled = 0;
  #padded = 0;

  /** A window of a file that is of no interest from `end` on. */
  constructor(
    file: StorageFile,
    bytes: Uint8Array<ArrayBuffer>,
    end = Infinity,
  ) {
    this.#file = file;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#end = end + HOP_BYTES;
  }

  /** Reads what a hop looks at, and more, unless it is in memory. */
  show(offset: number): MaybePromise<void> {
    if (this.#shows(offset)) return;
    const length = Math.min(this.#bytes.length, this.#end - offset);
    this.#offset = offset;
    this.#filled = 0;
    return this.#fill(this.#bytes.subarray(0, length));
  }

  #fill(into: Uint8Array): MaybePromise<void> {
    while (this.#filled < into.length) {
      const part = this.#filled === 0 ? into : into.subarray(this.#filled);
      const reading = this.#file.read(part, this.#offset + this.#filled);
      if (typeof reading !== "number") {
        return reading.then((count) => {
          this.#filled += count;
          return count === 0 ? this.#pad() : this.#fill(into);
        });
      }
      this.#filled += reading;
      if (reading === 0) break;
    }
    this.#pad();
  }

  /** The last frame of a file may be shorter than what a hop looks at. */
  #pad(): void {
    this.#bytes.fill(0, this.#filled, this.#filled + HOP_BYTES);
    this.#padded = Math.min(this.#bytes.length, this.#filled + HOP_BYTES);
  }

  /** Passes the frame at `offset`; see {@linkcode FrameHops.pass}. */
  pass(hops: FrameHops, offset: number): number {
    return this.#shows(offset)
      ? hops.pass(this.#view, offset - this.#offset)
      : 0;
  }

  /**
   * A copy of the `length` bytes at `offset`, if they are in memory; and of
   * those after them, unless `alone`.
   */
  copy(
    offset: number,
    length: number,
    alone: boolean,
  ): Uint8Array | undefined {
    const at = offset - this.#offset;
    if (at < 0 || at + length > this.#filled) return undefined;
    return this.#bytes.slice(at, alone ? at + length : this.#filled);
  }

  #shows(offset: number): boolean {
    return offset >= this.#offset &&
      offset + HOP_BYTES <= this.#offset + this.#padded;
  }
}

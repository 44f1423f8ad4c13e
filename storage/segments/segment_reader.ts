import { CorruptLogError, describeFault } from "../corrupt_log_error.ts";
import { crc32 } from "../format/crc32.ts";
import { type EnvelopeFault, FormatVersionError } from "../format/envelope.ts";
import {
  CHECKED_FROM,
  decodeFrame,
  Frame,
  FRAME_HEADER_BYTES,
  FRAME_MAGIC,
  frameBytes,
  type FrameFault,
  FrameWindow,
  isSeal,
  MAX_FRAME_BYTES,
  unknownFeature,
} from "../format/frame.ts";
import {
  decodeSegmentHeader,
  SEGMENT_HEADER_BYTES,
  type SegmentHeader,
} from "../format/segment_header.ts";
import {
  INDEX_FOOTER_BYTES,
  indexFrameBytes,
} from "../format/segment_index.ts";
import type { MaybePromise, Storage, StorageFile } from "../storage.ts";
import { StorageError } from "../storage_error.ts";
import { OPEN_BYTES, Pace } from "../turns.ts";

/** Where and why a segment stops being readable. */
export interface SegmentStop extends FrameFault {
  /** Offset in the segment, in bytes. */
  offset: number;
}

/** Bytes read at a time: few enough to hold no timer up, even as records. */
const WINDOW_BYTES = 128 * 1024;

/** The same where frames are large. A larger frame is read in such pieces. */
const LARGE_WINDOW_BYTES = 1024 * 1024;

/** Frames in a window that is not small because of its frames. */
const WINDOW_FRAMES = 8;

/** Frames handed over at a time: a window can hold many thousands. */
const MOST_FRAMES = 1024;

/**
 * Bytes that a search may checksum beyond twice the bytes that it covers. A
 * log's frames do not overlap, so honest bytes are checksummed once, or twice
 * if the records of a torn frame contain frames. Hostile ones would take hours.
 */
const SEARCH_SLACK_BYTES = MAX_FRAME_BYTES;

/**
 * Reads the frames of one segment, one window at a time. It judges each frame
 * alone; whether they link is up to the caller.
 */
export class SegmentReader {
  /** The segment's file name. */
  readonly name: string;
  /** Its path, for messages. */
  readonly path: string;
  /** The segment's header, or why it cannot be used. */
  readonly found: SegmentHeader | EnvelopeFault;
  /** The open file. */
  readonly file: StorageFile;
  /** How it gives way to others. */
  readonly pace: Pace;
  readonly #storage: Storage;

  private constructor(
    storage: Storage,
    name: string,
    path: string,
    found: SegmentHeader | EnvelopeFault,
    file: StorageFile,
    pace: Pace,
  ) {
    this.#storage = storage;
    this.pace = pace;
    this.name = name;
    this.path = path;
    this.found = found;
    this.file = file;
  }

  /** Opens the segment and checks its header. */
  static async open(
    storage: Storage,
    name: string,
    pace?: Pace,
  ): Promise<SegmentReader> {
    const reader = await SegmentReader.openDamaged(storage, name, pace);
    try {
      requireHeader(reader.path, reader.found);
      return reader;
    } catch (error) {
      await reader.close();
      throw error;
    }
  }

  /** Opens it even with a damaged header; throws if its version differs. */
  static async openDamaged(
    storage: Storage,
    name: string,
    pace = new Pace(),
  ): Promise<SegmentReader> {
    const path = `${storage.location}/${name}`;
    await pace.spend(OPEN_BYTES);
    const file = await storage.open(name, "read");
    try {
      const bytes = await readFully(file, 0, SEGMENT_HEADER_BYTES);
      const found = decodeSegmentHeader(bytes);
      if ("fault" in found && found.fault === "version") {
        throw new FormatVersionError(path, found.found, found.expected);
      }
      return new SegmentReader(storage, name, path, found, file, pace);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /**
   * Throws a {@linkcode StorageError} if the segment was dropped since it was
   * opened. Its file may have been reused, so apparent damage proves nothing.
   */
  async requireKept(): Promise<void> {
    if ((await this.#storage.list()).includes(this.name)) return;
    throw new StorageError(
      `Cannot read "${this.path}" because a checkpoint has since dropped it`,
      this.path,
      "ENOENT",
    );
  }

  /** The segment's header; throws if it cannot be used. */
  get header(): SegmentHeader {
    return requireHeader(this.path, this.found);
  }

  /**
   * Yields the frames from `offset` on, several at a time. Returns where and
   * why one could not be decoded. First it reads `firstBytes`: little, if there
   * are probably few frames.
   */
  async *frames(
    offset = SEGMENT_HEADER_BYTES,
    firstBytes = WINDOW_BYTES,
  ): AsyncGenerator<Frame[], SegmentStop> {
    let needed = 0;
    let wanted = firstBytes;
    while (true) {
      const isLarge = needed > LARGE_WINDOW_BYTES;
      const { window, checksum } = isLarge
        ? await this.#readLarge(offset, needed)
        : await this.#read(offset, wanted);
      let frames: Frame[] = [];
      let at = 0;
      let found = decodeFrame(window, at, checksum);
      for (; found instanceof Frame; found = decodeFrame(window, at)) {
        frames.push(found);
        at += found.bytes;
        if (frames.length < MOST_FRAMES) continue;
        yield frames;
        frames = [];
        await this.pace.spend(WINDOW_BYTES);
      }
      if (frames.length > 0) yield frames;
      offset += at;
      const left = window.length - at;
      const cutByWindow = found.fault === "end" || found.fault === "short" ||
        (found.fault === "zeros" && left < FRAME_HEADER_BYTES);
      const isWhole = window.length < wanted;
      if (isWhole || !cutByWindow) return { ...found, offset };
      needed = found.needed ?? 0;
      wanted = needed > LARGE_WINDOW_BYTES
        ? needed + FRAME_HEADER_BYTES
        : windowFor(needed);
      await this.pace.spend(at);
    }
  }

  /** Reads the frame at `offset`, or returns why there is none. */
  async frameAt(offset: number): Promise<Frame | SegmentStop> {
    const { window } = await this.#read(offset, FRAME_HEADER_BYTES);
    let decoded = decodeFrame(window, 0);
    if ("fault" in decoded && decoded.needed !== undefined) {
      // Do not read a frame that the file cannot hold.
      const left = await this.file.size() - offset;
      if (decoded.needed > left) return { ...decoded, offset };
      const { window, checksum } = decoded.needed > LARGE_WINDOW_BYTES
        ? await this.#readLarge(offset, decoded.needed)
        : await this.#read(offset, decoded.needed);
      decoded = decodeFrame(window, 0, checksum);
    }
    return "fault" in decoded ? { ...decoded, offset } : decoded;
  }

  /**
   * Yields every whole frame from `offset` on, whatever is between them, as
   * many at a time as were read together; with `salt`, only those that have it.
   * Bytes within a frame's records do not count as frames. Returns where it
   * gave up, if the bytes claim to be frames that overlap.
   */
  async *search(
    offset: number,
    salt?: number,
  ): AsyncGenerator<Frame[], number | undefined> {
    const size = await this.file.size();
    let left = 2 * (size - offset) + SEARCH_SLACK_BYTES;
    while (true) {
      const { window } = await this.#read(offset, WINDOW_BYTES);
      const { view } = window;
      const frames: Frame[] = [];
      let at = 0;
      while (at + FRAME_HEADER_BYTES <= window.length) {
        let frame: Frame | FrameFault | undefined;
        if (isCandidate(view, at, salt)) {
          const claimed = view.getUint32(at + 36, true);
          if (claimed <= MAX_FRAME_BYTES) left -= frameBytes(claimed);
          if (left < 0) break;
          frame = decodeFrame(window, at);
          // The frame may extend beyond the window.
          if ("needed" in frame) frame = await this.frameAt(offset + at);
        }
        if (frame instanceof Frame) {
          frames.push(frame);
          at += frame.bytes;
        } else at += 8;
      }
      if (frames.length > 0) yield frames;
      if (left < 0) return offset + at;
      if (window.length < WINDOW_BYTES) return undefined;
      offset += at;
      await this.pace.spend(WINDOW_BYTES);
    }
  }

  /**
   * The seal that the file's last bytes lead to; `undefined` if they do not. It
   * is a whole frame with the segment's salt, but may be a record's content.
   */
  async seal(): Promise<Frame | undefined> {
    const end = await this.file.size();
    const footer = await readFully(
      this.file,
      Math.max(0, end - INDEX_FOOTER_BYTES),
      INDEX_FOOTER_BYTES,
    );
    const bytes = indexFrameBytes(footer);
    if (bytes === 0 || bytes > end) return undefined;
    const seal = await this.frameAt(end - bytes);
    const isOurs = !("fault" in seal) && seal.salt === this.header.salt &&
      isSeal(seal);
    return isOurs ? seal : undefined;
  }

  /** Throws {@linkcode FormatVersionError} at a frame with unknown features. */
  requireKnown(frame: Frame): void {
    const unknown = unknownFeature(frame);
    if (unknown === undefined) return;
    throw new FormatVersionError(
      this.path,
      `${unknown} at offset ${frame.offset}`,
      "those of version 1 only",
    );
  }

  /** Closes the file. */
  close(): MaybePromise<void> {
    return this.file.close();
  }

  /** Reads up to `length` bytes at `offset`; fewer only at the file's end. */
  async #read(
    offset: number,
    length: number,
  ): Promise<{ window: FrameWindow; checksum?: number }> {
    const bytes = await readFully(this.file, offset, length);
    return { window: new FrameWindow(bytes, offset) };
  }

  /**
   * Reads a large frame of `bytes`, and the header of the next one. It reads
   * pieces and checks each while it is at hand, and returns the checksum.
   */
  async #readLarge(
    offset: number,
    bytes: number,
  ): Promise<{ window: FrameWindow; checksum: number }> {
    const left = Math.max(0, await this.file.size() - offset);
    const all = new Uint8Array(Math.min(bytes + FRAME_HEADER_BYTES, left));
    let checksum = 0;
    let filled = 0;
    while (filled < all.length) {
      const piece = all.subarray(filled, filled + LARGE_WINDOW_BYTES);
      const count = await this.file.read(piece, offset + filled);
      if (count === 0) break;
      const from = Math.max(filled, CHECKED_FROM);
      filled += count;
      const part = all.subarray(from, Math.min(filled, bytes));
      checksum = crc32(part, checksum);
      await this.pace.spend(count);
    }
    return {
      window: new FrameWindow(all.subarray(0, filled), offset),
      checksum,
    };
  }
}

/** Bytes to read where a frame of `needed` bytes was cut; 0 if unknown. */
function windowFor(needed: number): number {
  const several = Math.max(WINDOW_BYTES, needed * WINDOW_FRAMES);
  return Math.min(several, LARGE_WINDOW_BYTES);
}

/** Whether a frame may begin at `at`: it has the magic and the salt. */
function isCandidate(view: DataView, at: number, salt?: number): boolean {
  if (view.getUint32(at, true) !== FRAME_MAGIC) return false;
  return salt === undefined || view.getUint32(at + 8, true) === salt;
}

/**
 * Reads up to `length` bytes at `offset`; fewer only at the file's end. It
 * allocates no more memory than the file has bytes, whatever a header claims.
 */
export async function readFully(
  file: StorageFile,
  offset: number,
  length: number,
): Promise<Uint8Array> {
  const sizing = file.size();
  const size = typeof sizing === "number" ? sizing : await sizing;
  const bytes = new Uint8Array(Math.max(0, Math.min(length, size - offset)));
  let filled = 0;
  while (filled < bytes.length) {
    const reading = file.read(bytes.subarray(filled), offset + filled);
    const count = typeof reading === "number" ? reading : await reading;
    if (count === 0) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}

function requireHeader(
  path: string,
  found: SegmentHeader | EnvelopeFault,
): SegmentHeader {
  if (!("fault" in found)) return found;
  throw new CorruptLogError(path, 0, `segment header ${describeFault(found)}`);
}

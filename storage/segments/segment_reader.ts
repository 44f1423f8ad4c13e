import { CorruptLogError, describeFault } from "../corrupt_log_error.ts";
import { type EnvelopeFault, FormatVersionError } from "../format/envelope.ts";
import {
  decodeFrame,
  type Frame,
  FRAME_HEADER_BYTES,
  FRAME_MAGIC,
  frameBytes,
  type FrameFault,
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

/** A frame and its place. */
export interface PlacedFrame extends Frame {
  /** Offset in the segment, in bytes. */
  offset: number;
}

/** Where and why a segment stops being readable. */
export interface SegmentStop extends FrameFault {
  /** Offset in the segment, in bytes. */
  offset: number;
}

const WINDOW_BYTES = 1024 * 1024;

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
  readonly #storage: Storage;

  private constructor(
    storage: Storage,
    name: string,
    path: string,
    found: SegmentHeader | EnvelopeFault,
    file: StorageFile,
  ) {
    this.#storage = storage;
    this.name = name;
    this.path = path;
    this.found = found;
    this.file = file;
  }

  /** Opens the segment and checks its header. */
  static async open(storage: Storage, name: string): Promise<SegmentReader> {
    const reader = await SegmentReader.openDamaged(storage, name);
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
  ): Promise<SegmentReader> {
    const path = `${storage.location}/${name}`;
    const file = await storage.open(name, "read");
    try {
      const bytes = await readFully(file, 0, SEGMENT_HEADER_BYTES);
      const found = decodeSegmentHeader(bytes);
      if ("fault" in found && found.fault === "version") {
        throw new FormatVersionError(path, found.found, found.expected);
      }
      return new SegmentReader(storage, name, path, found, file);
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
   * Yields the frames from `offset` on, as many at a time as are in a window.
   * Returns where and why one could not be decoded.
   */
  async *frames(
    offset = SEGMENT_HEADER_BYTES,
  ): AsyncGenerator<PlacedFrame[], SegmentStop> {
    let wanted = WINDOW_BYTES;
    while (true) {
      const window = await readFully(this.file, offset, wanted);
      const whole = window.length < wanted;
      const frames: PlacedFrame[] = [];
      let at = 0;
      let stop: FrameFault | undefined;
      while (stop === undefined) {
        const frame = decodeFrame(window.subarray(at));
        if ("fault" in frame) {
          stop = frame;
        } else {
          frames.push({ ...frame, offset: offset + at });
          at += frame.bytes;
        }
      }
      if (frames.length > 0) yield frames;
      offset += at;
      const cutByWindow = stop.fault === "end" || stop.fault === "short" ||
        (stop.fault === "zeros" && window.length - at < FRAME_HEADER_BYTES);
      if (whole || !cutByWindow) return { ...stop, offset };
      wanted = Math.max(WINDOW_BYTES, stop.needed ?? 0);
    }
  }

  /** Reads the frame at `offset`, or returns why there is none. */
  async frameAt(offset: number): Promise<PlacedFrame | SegmentStop> {
    let decoded = decodeFrame(
      await readFully(this.file, offset, FRAME_HEADER_BYTES),
    );
    if ("fault" in decoded && decoded.needed !== undefined) {
      // Do not read a frame that the file cannot hold.
      const left = await this.file.size() - offset;
      if (decoded.needed > left) return { ...decoded, offset };
      decoded = decodeFrame(await readFully(this.file, offset, decoded.needed));
    }
    return { ...decoded, offset };
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
  ): AsyncGenerator<PlacedFrame[], number | undefined> {
    const size = await this.file.size();
    let left = 2 * (size - offset) + SEARCH_SLACK_BYTES;
    while (true) {
      const window = await readFully(this.file, offset, WINDOW_BYTES);
      const view = new DataView(window.buffer, 0, window.length);
      const frames: PlacedFrame[] = [];
      let at = 0;
      while (at + FRAME_HEADER_BYTES <= window.length) {
        let frame: Frame | FrameFault | undefined;
        if (isCandidate(view, at, salt)) {
          const claimed = view.getUint32(at + 36, true);
          if (claimed <= MAX_FRAME_BYTES) left -= frameBytes(claimed);
          if (left < 0) break;
          frame = decodeFrame(window.subarray(at));
          // The frame may extend beyond the window.
          if ("needed" in frame) frame = await this.frameAt(offset + at);
        }
        if (frame !== undefined && !("fault" in frame)) {
          frames.push({ ...frame, offset: offset + at });
          at += frame.bytes;
        } else at += 8;
      }
      if (frames.length > 0) yield frames;
      if (left < 0) return offset + at;
      if (window.length < WINDOW_BYTES) return undefined;
      offset += at;
    }
  }

  /**
   * The seal that the file's last bytes lead to; `undefined` if they do not. It
   * is a whole frame with the segment's salt, but may be a record's content.
   */
  async seal(): Promise<PlacedFrame | undefined> {
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
  requireKnown(frame: PlacedFrame): void {
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

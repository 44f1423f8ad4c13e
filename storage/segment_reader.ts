import { CorruptLogError } from "./corrupt_log_error.ts";
import { ForeignFileError } from "./foreign_file_error.ts";
import {
  decodeFrame,
  type Frame,
  FRAME_HEADER_BYTES,
  type FrameFault,
} from "./format/frame.ts";
import {
  decodeSegmentHeader,
  SEGMENT_HEADER_BYTES,
  type SegmentHeader,
} from "./format/segment_header.ts";
import { FormatVersionError } from "./format_version_error.ts";
import { describeFault } from "./segment_damage.ts";
import type { MaybePromise, Storage, StorageFile } from "./storage.ts";

/** A frame and where it lies. */
export interface PlacedFrame extends Frame {
  /** Offset in the segment, in bytes. */
  offset: number;
}

/** Where a segment stops being readable, and why. */
export interface SegmentStop extends FrameFault {
  /** Offset in the segment, in bytes. */
  offset: number;
}

const WINDOW_BYTES = 1024 * 1024;

/**
 * Reads the frames of one segment, a window at a time; it judges each frame by
 * itself and leaves it to its caller how they link.
 */
export class SegmentReader {
  /** The segment's file name. */
  readonly name: string;
  /** Its path, for messages. */
  readonly path: string;
  /** What the segment says of itself. */
  readonly header: SegmentHeader;
  /** The open file. */
  readonly file: StorageFile;

  private constructor(
    name: string,
    path: string,
    header: SegmentHeader,
    file: StorageFile,
  ) {
    this.name = name;
    this.path = path;
    this.header = header;
    this.file = file;
  }

  /** Opens the segment and checks its header. */
  static async open(storage: Storage, name: string): Promise<SegmentReader> {
    const path = `${storage.location}/${name}`;
    const file = await storage.open(name, "read");
    try {
      const bytes = await readFully(file, 0, SEGMENT_HEADER_BYTES);
      return new SegmentReader(name, path, checkHeader(path, bytes), file);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /**
   * The frames from `offset` on, as many at once as lie in a window, until one
   * cannot be decoded; that is the generator's return value.
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

  /** Closes the file. */
  close(): MaybePromise<void> {
    return this.file.close();
  }
}

/**
 * Reads up to `length` bytes at `offset`: fewer only at the file's end. No more
 * memory is taken than the file has bytes, whatever a header claims.
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

function checkHeader(path: string, bytes: Uint8Array): SegmentHeader {
  const header = decodeSegmentHeader(bytes);
  if (!("fault" in header)) return header;
  const { fault, expected, found } = header;
  if (fault === "version") {
    throw new FormatVersionError(path, found, expected);
  }
  if (fault === "magic") throw new ForeignFileError(path);
  throw new CorruptLogError(path, 0, `segment header ${describeFault(header)}`);
}

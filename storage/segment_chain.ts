import { type Frame, hex } from "./format/frame.ts";
import type { SegmentHeader } from "./format/segment_header.ts";
import type {
  PlacedFrame,
  SegmentReader,
  SegmentStop,
} from "./segment_reader.ts";

/** What the next frame has to say to be the next. */
export interface ChainLink {
  /** The segment's salt. */
  salt: number;
  /** Checksum of the frame before. */
  previous: number;
  /** LSN of the next record. */
  nextLsn: number;
}

/** The link that a segment's first frame has to have. */
export function firstLink(header: SegmentHeader): ChainLink {
  const { salt, previous, firstLsn } = header;
  return { salt, previous, nextLsn: firstLsn };
}

/**
 * The frames of a segment that follow one another from its header on, as many
 * at once as were read together. `link` is moved along. The return value says
 * where and why the chain ends.
 */
export async function* readChain(
  reader: SegmentReader,
  link: ChainLink,
): AsyncGenerator<PlacedFrame[], SegmentStop> {
  const windows = reader.frames();
  try {
    while (true) {
      const { value, done } = await windows.next();
      if (done) return value;
      const broken = value.findIndex((frame) => !follow(frame, link));
      if (broken === -1) {
        yield value;
        continue;
      }
      if (broken > 0) yield value.slice(0, broken);
      return brokenLink(value[broken], link);
    }
  } finally {
    await windows.return(undefined as never);
  }
}

/**
 * Moves `link` behind `frame`, or says that the frame is not the next. A mark,
 * which holds no record, is no link: whether it survived must not matter to
 * the segment that follows.
 */
function follow(frame: Frame, link: ChainLink): boolean {
  if (
    frame.salt !== link.salt || frame.previous !== link.previous ||
    frame.firstLsn !== link.nextLsn
  ) return false;
  if (frame.count > 0) link.previous = frame.checksum;
  link.nextLsn += frame.count;
  return true;
}

function brokenLink(frame: PlacedFrame, link: ChainLink): SegmentStop {
  return {
    fault: "link",
    offset: frame.offset,
    expected: `record ${link.nextLsn} behind ${hex(link.previous)}, salt ` +
      hex(link.salt),
    found: `record ${frame.firstLsn} behind ${hex(frame.previous)}, salt ` +
      hex(frame.salt),
  };
}

import {
  decodeFrame,
  type Frame,
  type FrameFault,
  FrameWindow,
} from "../../storage/format/frame.ts";
import {
  type FrameRecords,
  splitRecords,
} from "../../storage/format/records.ts";

/** Decodes the frame at the start of `bytes`. */
export function frameIn(bytes: Uint8Array): Frame | FrameFault {
  return decodeFrame(new FrameWindow(bytes), 0);
}

/** The `count` records of a payload. */
export function recordsIn(
  payload: Uint8Array,
  count: number,
): FrameRecords | FrameFault {
  const window = new FrameWindow(payload);
  const { length } = payload;
  return splitRecords({ window, payloadAt: 0, length, count, flags: 0 });
}

import { defaultStorage } from "../../storage/storage_target.ts";
import { openSegments } from "../../recovery/open_segments.ts";
import { FRAME_HEADER_BYTES } from "../../storage/format/frame.ts";

/** The shape of a log, and its size. */
export interface LogShape {
  /** Records in each frame. */
  readonly recordsPerFrame: number;
  /** Bytes of each record, at least 8. */
  readonly recordBytes: number;
  /** Size of the log, in MB. */
  readonly megabytes: number;
}

/**
 * Writes frames of one shape until the log is large enough; each record begins
 * with its LSN. Returns the last one.
 */
export async function buildLog(
  directory: string,
  { recordsPerFrame: count, recordBytes, megabytes }: LogShape,
): Promise<number> {
  const log = await openSegments(await defaultStorage(directory), {
    ...{ segmentBytes: 64 * 2 ** 20, reserveBytes: 1, recovery: "tail" },
    ...{ warn() {}, takeOver: false, time: Date.now },
  });
  const size = 4 + recordBytes;
  const length = count * size;
  const buffer = new Uint8Array(FRAME_HEADER_BYTES + length + 7);
  const view = new DataView(buffer.buffer);
  let firstLsn = 1;
  for (let bytes = 0; bytes < megabytes * 1e6; bytes += buffer.length) {
    for (let index = 0; index < count; index++) {
      const at = FRAME_HEADER_BYTES + index * size;
      view.setUint32(at, recordBytes, true);
      view.setFloat64(at + 4, firstLsn + index, true);
    }
    await log.append({ firstLsn, count, buffer, length });
    firstLsn += count;
  }
  await log.close(true);
  return firstLsn - 1;
}

import type { SegmentName } from "../format/file_names.ts";
import type { LogMeta } from "../format/log_meta.ts";
import type { Manifest } from "../format/manifest.ts";
import type { Turns } from "../turns.ts";
import type { IndexedSegment } from "./segment_lookup.ts";
import type { SegmentSupplyOptions } from "./segment_supply.ts";
import type { SpaceReserve } from "./space_reserve.ts";

/** Where a recovered log continues. */
export interface SegmentLogState {
  /** The segments, in order. */
  segments: SegmentName[];
  /** Segments that fenced owners made; they are not part of the log. */
  fenced: SegmentName[];
  /** This opening's manifest, as it is on storage. */
  manifest: Manifest;
  /** LSN of the last record. */
  lastLsn: number;
  /** Checksum that the next frame must name. */
  link: number;
  /** The log's metadata, if it has any; the manifest may have older ones. */
  meta?: LogMeta | undefined;
  /** Sizes of the segments' files in bytes, by name. */
  sizes?: ReadonlyMap<string, number> | undefined;
  /** The segment that recovery has scanned, and places of its frames. */
  scanned?: IndexedSegment | undefined;
  /**
   * Makes durable what recovery had no space for; called before anything is
   * appended or synced. Receives the segments, and resolves with the new
   * segments and the new link. Absent if everything is durable.
   */
  finish?: (
    segments: SegmentName[],
  ) => Promise<Pick<SegmentLogState, "segments" | "link">>;
}

/** Options of {@linkcode SegmentLog}. */
export interface SegmentLogOptions extends SegmentSupplyOptions {
  /** Space held in reserve for recovery and checkpoints. */
  reserve: SpaceReserve;
  /** Returns the current time, in ms since 1970. */
  time: () => number;
  /** The turns that long work gives way to. Default: the runtime's. */
  turns?: Turns | undefined;
}

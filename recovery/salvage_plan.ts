import type { Hole } from "../storage/format/hole.ts";
import type { SegmentName } from "../storage/format/segment_name.ts";
import type { Break, FrameRun } from "./find_runs.ts";

/** What a repaired segment is made of, in order. */
export type Piece =
  /** Frames, byte for byte. */
  | { kind: "run"; run: FrameRun }
  /** A new frame that skips what is lost. */
  | { kind: "hole"; firstLsn: number; previous: number; hole: Hole }
  /** A new seal, which says that all before it is synced. */
  | { kind: "seal"; firstLsn: number; previous: number };

/** A segment to be written anew, or one that was not there. */
export interface SegmentPlan {
  /** The one that is damaged; or a new one, of a name that is free. */
  segment: SegmentName;
  /** Its salt; any will do if it has no frame. */
  salt?: number;
  /** Checksum of the frame before. */
  previous: number;
  /** The highest time of the frames before, in ms since 1970. */
  time: number;
  /** What follows the header. */
  pieces: Piece[];
  /** Whether there is a file of that name, whose bytes are to be kept. */
  replaces: boolean;
}

/** One place of damage, and which records are lost there. */
export interface PlannedDamage extends Break {
  /** The path of the segment. */
  path: string;
  /** The file whose bytes are kept for it; empty if it was missing. */
  segment: string;
  /** LSN of the first record that is lost, or before which the place is. */
  firstLsn: number;
  /** LSN of the last record that is lost; below the first if none is. */
  lastLsn: number;
  /** Present if nobody knows whether others are lost as well. */
  lossUnknown?: true;
}

/** What a salvage does. */
export interface SalvagePlan {
  /** Segments to be written, in order. */
  rewrites: SegmentPlan[];
  /** Files that are none, whatever their names say: to be kept, not read. */
  foreign: string[];
  /** The damage, in order. */
  damages: PlannedDamage[];
  /** Number of records that are kept. */
  records: number;
  /** LSN of the last record. */
  lastLsn: number;
  /** LSN up to which all is known to be durable, once the plan is done. */
  durableLsn: number;
  /** The highest time of a frame, in ms since 1970. */
  time: number;
  /** A torn end, which is no damage: it stays or goes with a rewrite. */
  torn?: Break & { path: string };
}

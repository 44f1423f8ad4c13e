import type { Hole, SegmentName } from "../../storage/format/mod.ts";
import type { Break, FrameRun } from "./find_segments.ts";

/** A part of a repaired segment. */
export type Piece =
  /** Frames, copied byte for byte. */
  | { kind: "run"; run: FrameRun }
  /** A new frame that skips lost records. */
  | { kind: "hole"; firstLsn: number; previous: number; hole: Hole }
  /** A new seal, which declares everything before it synced. */
  | { kind: "seal"; firstLsn: number; previous: number };

/** A segment to rewrite, or to add because it is missing. */
export interface SegmentPlan {
  /** The damaged segment, or a new one whose name is free. */
  segment: SegmentName;
  /** Its salt; absent if it has no frames, so that any salt will do. */
  salt?: number;
  /** Checksum of the frame before it. */
  previous: number;
  /** The highest time of any earlier frame, in ms since 1970. */
  time: number;
  /** The parts that follow the header. */
  pieces: Piece[];
  /** Whether a file has that name, whose bytes must be kept. */
  replaces: boolean;
}

/** One place of damage, and the records lost there. */
export interface PlannedDamage extends Break {
  /** The path of the segment. */
  path: string;
  /** The file whose bytes are kept because of it; empty if it is missing. */
  segment: string;
  /** LSN of the first lost record, or of the next record if none is lost. */
  firstLsn: number;
  /** LSN of the last lost record; below the first if none is lost. */
  lastLsn: number;
  /** Present if it is unknown whether more records are lost. */
  lossUnknown?: true;
}

/** The plan of a salvage. */
export interface SalvagePlan {
  /** Segments to write, in order. */
  rewrites: SegmentPlan[];
  /** Files that are not segments of the log; they are kept, but not read. */
  foreign: string[];
  /** The damage, in order. */
  damages: PlannedDamage[];
  /** Number of records kept. */
  records: number;
  /** LSN of the last record. */
  lastLsn: number;
  /** LSN up to which all records are durable once the plan is done. */
  durableLsn: number;
  /** The highest time of a frame, in ms since 1970. */
  time: number;
  /** A torn end, which is not damage: it stays, or goes with a rewrite. */
  torn?: Break & { path: string };
}

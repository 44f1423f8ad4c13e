import type { Gaps } from "./heartbeat.ts";

/** What goes on while a timer beats. */
export type Occasion =
  /** Nothing. */
  | "idle"
  /** Work without a log that gives way every millisecond: what the machine allows. */
  | "compute"
  /** Appends alone. */
  | "append"
  /** A read with appends, of frames of one record. */
  | "read small frames"
  /** A read with appends, of frames of 64 records. */
  | "read large frames"
  /** A log of single records opens that was not closed. */
  | "open small frames"
  /** The same with frames of 64 records. */
  | "open large frames"
  /** Segments are dropped. */
  | "drop";

/** All occasions. */
export const occasions: readonly Occasion[] = [
  "idle",
  "compute",
  "append",
  "read small frames",
  "read large frames",
  "open small frames",
  "open large frames",
  "drop",
];

/** What the worker does. */
export interface StallsJob {
  readonly occasion: Occasion;
  /** How long to wait, or append without reading. */
  readonly seconds: number;
  /** How much to read. */
  readonly readBytes: number;
  /** Size of the log that is read, again and again, or opened. */
  readonly logBytes: number;
  /** Number of segments to drop. */
  readonly segments: number;
  /** Records appended per second. */
  readonly rate: number;
}

/** What the worker found. */
export interface StallsFound extends Gaps {
  /** How long it took. */
  readonly ms: number;
  /** Bytes read per second, of records. */
  readonly bytesPerSecond?: number;
  /** Records read per second. */
  readonly recordsPerSecond?: number;
  /** Records appended per second. */
  readonly appendedPerSecond?: number;
}

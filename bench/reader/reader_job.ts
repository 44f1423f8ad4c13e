/** What the followed process does. */
export type Occasion =
  /** Nothing, once it has appended a few records. */
  | "idle"
  /** The same, and the file system reports no changes. */
  | "idle, polled"
  /** One caller appends at a rate. */
  | "appends at a rate"
  /** The same, and the file system reports no changes. */
  | "appends, polled"
  /** One caller appends as fast as it can. */
  | "appends at full speed";

/** All occasions. */
export const occasions: readonly Occasion[] = [
  "idle",
  "idle, polled",
  "appends at a rate",
  "appends, polled",
  "appends at full speed",
];

/** What the worker does; with `directory`, it is the follower. */
export interface ReaderJob {
  readonly occasion: Occasion;
  /** Which records the follower gets. */
  readonly level: "disk" | "os";
  /** How long it appends, or does nothing. */
  readonly seconds: number;
  /** Records appended per second. */
  readonly rate: number;
}

/** What the worker found. */
export interface ReaderFound {
  /** Records that were followed. */
  readonly records: number;
  /** From the acknowledgement of a record until a follower shows it, in ms. */
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  readonly mostMs?: number;
  /** CPU time of the follower, as a share of the time. */
  readonly cpu: number;
}

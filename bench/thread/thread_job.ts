/** What is measured about each setup. */
export type Occasion =
  /** Callers await each append, as fast as they can. */
  | "64 callers"
  | "1024 callers"
  | "1024 callers of JSON"
  /** Records arrive fast while each sync is slow. */
  | "slow syncs"
  /** The same, but they arrive in bursts, and no timer is measured. */
  | "bursts"
  /** Records arrive at a moderate rate. */
  | "steady"
  /** A log is open and idle. */
  | "idle"
  /** Many records are queued at once. */
  | "queued"
  /** Logs open and close. */
  | "open and close";

/** All occasions. */
export const occasions: readonly Occasion[] = [
  "64 callers",
  "1024 callers",
  "1024 callers of JSON",
  "slow syncs",
  "bursts",
  "steady",
  "idle",
  "queued",
  "open and close",
];

/** What the worker does. */
export interface ThreadJob {
  readonly occasion: Occasion;
  /** The name of a setup. */
  readonly setup: string;
  readonly seconds: number;
  /** Records per second while syncs are slow. */
  readonly rate: number;
  /** How much longer each sync takes, in ms. */
  readonly syncMs: number;
  /** Records per second at the moderate rate. */
  readonly steadyRate: number;
  /** Number of records to queue. */
  readonly queued: number;
  /** How often to open and close a log. */
  readonly opens: number;
}

/** What the worker found: figures by name. */
export interface ThreadFound {
  readonly figures: Readonly<Record<string, number>>;
}

/** What the worker measures. */
export type S3Job = AppendJob | ReadJob | OpenJob | RestoreJob;

/** Callers that append records and await each. */
export interface AppendJob {
  readonly what: "append";
  /** Bytes of a record. */
  readonly bytes: number;
  /** Callers at a time. */
  readonly callers: number;
  /** Flushes in flight at most. */
  readonly window: number;
  /** Ms that a flush gathers records. */
  readonly limitMs: number;
  readonly seconds: number;
  readonly warmSeconds: number;
}

/** A log is read before it is compacted, and after. */
export interface ReadJob {
  readonly what: "read";
  readonly megabytes: number;
}

/** A log is opened that nobody has open, and nobody has compacted. */
export interface OpenJob {
  readonly what: "open";
  readonly slots: number;
}

/** A replica is restored into a directory. */
export interface RestoreJob {
  readonly what: "restore";
  readonly megabytes: number;
}

/** What was found of appends. */
export interface AppendFound {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Flushes per second: each is a request. */
  readonly flushesPerSecond: number;
}

/** What was found of reads: MB/s and number of objects. */
export interface ReadFound {
  readonly before: number;
  readonly after: number;
  readonly slots: number;
  readonly objects: number;
}

/** What was found of openings and restores. */
export interface TimeFound {
  readonly ms: number;
}

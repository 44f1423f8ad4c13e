/** How a replica is. */
export type ReplicaState =
  /** It lacks records that the log had when it was connected. */
  | "catching-up"
  /** It gets what is appended, a moment later. */
  | "live"
  /** It could not be reached, and is tried again; the log goes on. */
  | "degraded"
  /** Another log writes there now: it gets nothing more from here. */
  | "fenced"
  /** It cannot go on, and gets nothing more from here. */
  | "failed"
  /** It was closed here, or the log was. */
  | "closed";

/** A replica of a log at one instant. */
export interface ReplicaStats {
  /** How it is. */
  readonly state: ReplicaState;
  /** LSN up to which it certainly has all records. */
  readonly lsn: number;
  /** Records that are durable here and not known to be there. */
  readonly lagRecords: number;
  /** Ms since the oldest of them was written, at most; 0 if there is none. */
  readonly lagMs: number;
  /** Bytes of records that it has confirmed, with 4 for each record. */
  readonly sentBytes: number;
  /** Frames that it has confirmed. */
  readonly frames: number;
  /** How often the connection had to be made again. */
  readonly retries: number;
  /** What went wrong last, in words; absent while it is live, or closed. */
  readonly error?: string | undefined;
}

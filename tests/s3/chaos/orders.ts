/*
 * Orders for the processes of the chaos: the only argument of each, as JSON.
 */

/** How a log is used; the same for all that use it at a time. */
export interface LogSettings {
  /** Frames in flight of a new log. */
  readonly window: number;
  /** Ms that a flush gathers records. */
  readonly limitMs: number;
  /** Slots that are compacted together. */
  readonly compactSlots: number;
}

/** Orders for any process. */
export interface Orders {
  /** Its number, which no other process has. */
  readonly process: number;
  /** The address of a gateway, or of a proxy of it. */
  readonly endpoint: string;
  /** Where in the bucket the log is. */
  readonly prefix: string;
  /** File for its notes. */
  readonly notes: string;
  readonly settings: LogSettings;
}

/** Orders for a writer. */
export interface WriterOrders extends Orders {
  /** Determines what it does, but not when. */
  readonly seed: number;
  /** Callers of append at a time. */
  readonly callers: number;
  /** Whether it opens the log again if it has failed. */
  readonly returns: boolean;
  /** Acks from one truncation to the next; 0 for none. */
  readonly truncateEvery: number;
}

/** Orders for a follower. */
export interface FollowerOrders extends Orders {
  /** The durable cursor by which it follows; without one it begins at the first record. */
  readonly cursor?: string;
}

/** Orders for a checker. */
export interface CheckerOrders extends Orders {
  /** Where it writes what it has read, as JSON. */
  readonly answer: string;
}

/** Orders for a primary: the owner of a log in files, which has a replica. */
export interface PrimaryOrders extends Orders {
  /** Where its log is. */
  readonly directory: string;
  /** Whether its log continues another one, whose replica it takes over. */
  readonly takeOver: boolean;
  /** Determines what it does, but not when. */
  readonly seed: number;
  /** Callers of append at a time. */
  readonly callers: number;
}

/** Orders for a restorer. */
export interface RestorerOrders extends CheckerOrders {
  /** Where to; it does not exist. */
  readonly directory: string;
}

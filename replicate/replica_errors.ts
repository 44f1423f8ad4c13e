/** Why what is in a replica does not continue with a log. */
export type ForeignReplicaProblem =
  /** Another log has the replica, or none that said so. */
  | "other-log"
  /** It has other records under the same LSNs. */
  | "other-records"
  /** It has records that the log does not have, or has no longer. */
  | "ahead";

/**
 * Thrown if a log cannot be replicated to a place because of what is there.
 * Nothing there was changed.
 */
export class ForeignReplicaError extends Error {
  /** The class's name. */
  override readonly name = "ForeignReplicaError";

  /** Creates the error for the replica at `location`. */
  constructor(
    /** Where the replica is. */
    readonly location: string,
    /** Why, for programs. */
    readonly problem: ForeignReplicaProblem,
    reason: string,
  ) {
    super(`Cannot replicate to "${location}" because ${reason}`);
  }
}

/** The error for a replica that has more than the log, up to `lastLsn`. */
export function aheadError(
  location: string,
  lastLsn: number,
  durableLsn: number,
): ForeignReplicaError {
  const reason = `it has records up to ${lastLsn}, but this log ends with ` +
    `${durableLsn}: another log has written there, or this one was cut ` +
    "back, or its files are older";
  return new ForeignReplicaError(location, "ahead", reason);
}

/**
 * Thrown if a log has dropped records that its replica lacks: no replica can
 * have gaps. Begin a new one in another place.
 */
export class ReplicaGapError extends Error {
  /** The class's name. */
  override readonly name = "ReplicaGapError";

  /** Creates the error for the replica at `location`. */
  constructor(
    /** Where the replica is. */
    readonly location: string,
    /** LSN of the last record of the replica. */
    readonly lastLsn: number,
    /** LSN of the oldest record that the log still has. */
    readonly firstLsn: number,
  ) {
    super(
      `Cannot replicate to "${location}" because records ${lastLsn + 1} to ` +
        `${
          firstLsn - 1
        } are missing there and were dropped here: begin a new ` +
        "replica in another place",
    );
  }
}

/**
 * Thrown to those who wait for a replica that gets nothing more from here; the
 * `cause` says why, such as a `FencedError`.
 */
export class NotReplicatedError extends Error {
  /** The class's name. */
  override readonly name = "NotReplicatedError";

  /** Creates the error. */
  constructor(
    /** Where the replica is. */
    readonly location: string,
    /**
     * LSN of the record. It is on disk here, and may or may not be there;
     * absent if nothing was appended.
     */
    readonly lsn: number | undefined,
    cause: Error,
  ) {
    const what = lsn === undefined
      ? "append a record that has to be replicated"
      : `confirm record ${lsn}, which is on disk here,`;
    super(
      `Cannot ${what} because the replica at "${location}" gets nothing more ` +
        `from here: ${cause.message}`,
      { cause },
    );
  }
}

/**
 * Thrown if an engine lacks what replicas need. Another `TypeError` may be how a
 * runtime says that a network is down.
 */
export class UnfitEngineError extends TypeError {}

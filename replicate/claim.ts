import {
  decodeCursor,
  encodeCommit,
} from "../storage/format/companions/mod.ts";
import type { CursorStore } from "../storage/cursor_store.ts";
import { ForeignReplicaError } from "./replica_errors.ts";

/*
 * Which log a replica is of: a commit of a durable cursor there. It names that
 * log and not the replica's own, so whoever looks at cursors leaves it out.
 */

/** The name of that cursor. */
const CLAIM = "_replica";

/** Which log has a replica. */
export interface Claim {
  /** Id of the log; `undefined` if none has claimed it. */
  readonly log: string | undefined;
  /** Number of the claim; 0 if there is none. */
  readonly sequence: number;
}

/** Reads which log has the replica at `location`. */
export async function readClaim(
  location: string,
  cursors: CursorStore,
): Promise<Claim> {
  const entry = await cursors.read(CLAIM);
  if (entry === undefined) return { log: undefined, sequence: 0 };
  const found = decodeCursor(entry.content);
  if (!("fault" in found)) {
    return { log: found.newest.log, sequence: entry.sequence };
  }
  const reason = "it does not say whose it is: that cursor cannot be read " +
    `(expected ${found.expected}, found ${found.found})`;
  throw new ForeignReplicaError(location, "other-log", reason);
}

/** Claims a replica for `log`, unless another log has done so since `before`. */
export async function makeClaim(
  location: string,
  cursors: CursorStore,
  log: string,
  before: Claim,
): Promise<void> {
  const sequence = before.sequence + 1;
  const content = encodeCommit({
    ...{ log, sequence, lsn: 0, epoch: 0, confirmed: sequence, consumer: 0 },
  });
  if (await cursors.commit(CLAIM, { sequence, content })) return;
  const reason = "another log takes it over at this moment";
  throw new ForeignReplicaError(location, "other-log", reason);
}

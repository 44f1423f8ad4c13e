/** How opening treats the end of the last segment. */
export type RecoveryMode =
  /** A torn tail, which a crash may leave, is cut off. The default. */
  | "tail"
  /** A torn tail is refused too; a hole, which a salvage left, is not. */
  | "strict"
  /**
   * As `"tail"`, but what is corrupt is repaired: all that is intact is kept,
   * around holes. Reads the whole log.
   */
  | "salvage";

/** What lies behind the last frame that links. */
export type Remainder = "nothing" | "zeros" | "bytes";

/** What a scan found at the end of the last segment. */
export interface TailEvidence {
  /** What lies behind the last frame that links. */
  readonly remainder: Remainder;
  /**
   * Whether a whole frame in there says that the missing record was synced
   * before it was written.
   */
  readonly witness: boolean;
}

/** What to do with it. */
export type TailDecision =
  /** The log ends cleanly. */
  | "accept"
  /** What lies there was never acknowledged as durable: it is left out. */
  | "cut"
  /** Acknowledged records may be gone: the log is not opened. */
  | "refuse"
  /** They may be gone: what is left is kept, around a hole. */
  | "repair";

/**
 * Tells a torn tail from corruption; pure, and complete over its inputs.
 *
 * A crash may lose, tear or reorder what was not synced. It cannot touch what
 * was. So what matters is not whether something valid lies behind the damage,
 * for unsynced frames may survive in any order, but whether anything valid
 * there declares the damaged place synced.
 *
 * Source: the sync offset of Pebble's `record` package.
 *
 * @example
 * ```ts
 * import { decideTail } from "@syncline/wal/recovery";
 * import assert from "node:assert/strict";
 *
 * const torn = { remainder: "bytes", witness: false } as const;
 * assert.deepEqual(decideTail(torn, "tail"), "cut");
 * assert.deepEqual(decideTail(torn, "strict"), "refuse");
 * assert.deepEqual(decideTail({ ...torn, witness: true }, "tail"), "refuse");
 * ```
 */
export function decideTail(
  evidence: TailEvidence,
  mode: RecoveryMode,
): TailDecision {
  const { remainder, witness } = evidence;
  return TABLE[mode][remainder][witness ? 1 : 0];
}

/** By mode, remainder, and witness: no, yes. */
const TABLE: Record<
  RecoveryMode,
  Record<Remainder, readonly [TailDecision, TailDecision]>
> = {
  tail: {
    nothing: ["accept", "refuse"],
    zeros: ["accept", "refuse"],
    bytes: ["cut", "refuse"],
  },
  strict: {
    nothing: ["accept", "refuse"],
    zeros: ["accept", "refuse"],
    bytes: ["refuse", "refuse"],
  },
  salvage: {
    nothing: ["accept", "repair"],
    zeros: ["accept", "repair"],
    bytes: ["cut", "repair"],
  },
};

/**
 * Recovery: decides what to trust of the files that a log finds on storage.
 *
 * @example
 * ```ts
 * import { decideTail } from "@syncline/wal/recovery";
 * import assert from "node:assert/strict";
 *
 * const clean = { remainder: "nothing", witness: false } as const;
 * assert.deepEqual(decideTail(clean, "strict"), "accept");
 * ```
 *
 * @module
 */
export {
  decideTail,
  type RecoveryMode,
  type Remainder,
  type TailDecision,
  type TailEvidence,
} from "./decide_tail.ts";
export { ForeignFileError } from "./survey.ts";
export * from "./log_exists_error.ts";
export {
  type SalvagedDamage,
  salvageLog,
  type SalvageOptions,
  type SalvageReport,
} from "./salvage/salvage_log.ts";

/**
 * Recovery: what a log may believe of what it finds on storage.
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
export * from "./decide_tail.ts";
export * from "./log_exists_error.ts";
export * from "./salvage_log.ts";

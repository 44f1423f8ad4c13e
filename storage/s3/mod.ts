/**
 * Object storage: the seam that logs on it use, Amazon S3 and stores that speak
 * its protocol, and a certifier that finds out whether a store keeps what such a
 * log relies on.
 *
 * This entry point is new: no log runs on object storage yet.
 *
 * @example Does this store keep what a log relies on?
 * ```ts
 * import { certify, MemoryObjectStore } from "@syncline/wal/storage/s3";
 * import assert from "node:assert/strict";
 *
 * const store = new MemoryObjectStore(); // or await S3Store.open("s3://…")
 * const { isFit, rules } = await certify(store, { keys: 10, flushes: 2 });
 * assert.ok(isFit);
 * assert.ok(rules.every(({ finding }) => finding === undefined));
 * ```
 *
 * @module
 */
export * from "./certify.ts";
export type { CertifiedRule } from "./certified_rules.ts";
export * from "./memory_object_store.ts";
export {
  type CreateOptions,
  type GetOptions,
  type ListedObject,
  type ListOptions,
  type ObjectCallOptions,
  type ObjectContent,
  type ObjectFailure,
  type ObjectHead,
  type ObjectPage,
  type ObjectStore,
  ObjectStoreError,
  type ObjectStoreErrorDetails,
} from "./object_store.ts";
export * from "./retrying_store.ts";
export { type S3Options, S3Store } from "./s3_store.ts";
export {
  type S3Credentials,
  type S3Request,
  type SignedFetch,
} from "./signed_fetch.ts";

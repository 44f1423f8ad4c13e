/**
 * Object storage: the interface that a log on it will use, a client of Amazon S3
 * and of stores that speak its protocol, and a certifier that finds out whether a
 * store keeps what such a log relies on.
 *
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
 * - {@linkcode ObjectStore} is what a log needs of object storage, and
 *   {@linkcode S3Store} has it of Amazon S3 and of stores that speak its protocol,
 *   by aws4fetch, an optional peer, or by a signing `fetch` of your own.
 * - {@linkcode RetryingStore} makes requests again until a deadline, and throws
 *   {@linkcode UnknownOutcomeError} where it cannot know what became of one.
 * - {@linkcode MemoryObjectStore} is a store in memory, whose calls can fail.
 * - {@linkcode certify} tries each rule, and reports how long requests take.
 *
 * **Limits.** No log runs on object storage yet. Tried with Ceph 16.2; not with
 * Amazon, over TLS, or with versioned buckets. Whether a store has written an
 * object to stable storage cannot be seen from outside.
 *
 * **Read next:** [Object storage](https://github.com/syncline/wal/blob/main/docs/object-storage.md).
 *
 * @module
 */
export * from "./certify.ts";
export type { CertifiedRule } from "./certified_rules.ts";
export type { CompactionLimits } from "./log/compaction/plan_compaction.ts";
export { ObjectLog, type ObjectLogOptions } from "./log/object_log.ts";
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
export {
  type RetryClock,
  RetryingStore,
  type RetryOptions,
  UnknownOutcomeError,
} from "./retrying_store.ts";
export { type S3Options, S3Store } from "./s3_store.ts";
export {
  type S3Credentials,
  type S3Request,
  type SignedFetch,
} from "./signed_fetch.ts";

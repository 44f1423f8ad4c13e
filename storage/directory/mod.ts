/**
 * Storage in a directory of a file system, and the lock that one owner holds.
 *
 * What other folders of the library may import from here.
 *
 * @module
 */
export { DenoStorage } from "./deno_storage.ts";
export type { FileStorageOptions } from "./directory_storage.ts";
export {
  isSameBoot,
  type LockOwner,
  type OwnerState,
  ownerState,
} from "./lock_owner.ts";
export {
  isCopy,
  lockNumbers,
  lockPath,
  type LockPlace,
  lockPlace,
} from "./lock_place.ts";
export { NodeStorage } from "./node_storage.ts";
export { FAST_MS, SLOW_MS } from "./sync_place.ts";

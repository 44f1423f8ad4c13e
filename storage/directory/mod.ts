/**
 * Storage in a directory of a file system, and the lock that one owner holds.
 *
 * What other folders of the library may import from here.
 *
 * @module
 */
export { DenoStorage } from "./deno_storage.ts";
export { FAST_MS, type FileStorageOptions, SLOW_MS } from "./sync_routing.ts";
export {
  type FoundLock,
  isCopy,
  isSameBoot,
  lockNumbers,
  lockPath,
  type OwnerState,
  ownerState,
  readLock,
} from "./lock_owner.ts";
export { NodeStorage } from "./node_storage.ts";

/**
 * Storage in memory, with the faults that a device may have.
 *
 * What other folders of the library may import from here.
 *
 * @module
 */
export type { CallEffect, StorageCall } from "./memory_file.ts";
export { MemoryStorage } from "./memory_storage.ts";

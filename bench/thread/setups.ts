import { DenoStorage } from "../../storage/directory/deno_storage.ts";
import type { DirectoryStorage } from "../../storage/directory/directory_storage.ts";
import { NodeStorage } from "../../storage/directory/node_storage.ts";
import type { FileStorageOptions } from "../../storage/directory/sync_routing.ts";
import type { WalOptions } from "../../wal_options.ts";
import { slowSyncs } from "./slow_syncs.ts";

/** Where flushes happen, or that there is no log. */
export interface Setup {
  readonly name: string;
  /** The options of a log whose syncs take that many ms longer, if any. */
  options?(syncMs: number): WalOptions;
}

/** The application without a log. */
export const NO_LOG = "no log";

/** What is compared. */
export const setups: readonly Setup[] = [
  { name: NO_LOG },
  { name: "inline", options: (syncMs) => storageOf("blocking", syncMs) },
  { name: "pool", options: (syncMs) => storageOf("threaded", syncMs) },
  ...(["thread", "auto"] as const).map((flushing): Setup => ({
    name: flushing,
    options: (syncMs) => ({ ...storageOf("auto", syncMs), flushing }),
  })),
];

function storageOf(io: FileStorageOptions["io"], syncMs: number): WalOptions {
  return { storage: (path) => slowSyncs(onDisk(path, { io }), syncMs) };
}

/** The runtime's default storage. */
function onDisk(
  path: string | URL,
  options: FileStorageOptions,
): DirectoryStorage {
  return "Deno" in globalThis
    ? new DenoStorage(path, options)
    : new NodeStorage(path, options);
}

/**
 * Snapshots next to a log: what `Wal.checkpoint` writes and `restore` reads.
 *
 * @module
 */
export type {
  Checkpoint,
  CheckpointOptions,
  WriteSnapshot,
} from "./checkpoint.ts";
export { type ReadSnapshot, SnapshotMissingError } from "./restore.ts";
export type { Snapshot } from "./snapshot.ts";
export type { SnapshotChunk, SnapshotContent } from "./write_snapshot.ts";

/**
 * Snapshots next to a log: a state is stored, and the records that led to it are
 * dropped, so that the log stays small and a restart is quick. `Wal.checkpoint`
 * writes a snapshot, and `restore` reads the newest one that can be trusted; this
 * entry point has their types and errors.
 *
 * ```ts
 * import { Wal } from "@syncline/wal";
 * import type { Snapshot } from "@syncline/wal/checkpoint";
 * import { MemoryStorage } from "@syncline/wal/storage";
 * import assert from "node:assert/strict";
 *
 * const storage = new MemoryStorage();
 * const wal = await Wal.open(storage);
 * await wal.appendBatch(["5", "7"]);
 * await wal.checkpoint(() => "12"); // the sum so far, durable when it resolves
 * await wal.append("3");
 * await wal.close();
 *
 * const again = await Wal.open(storage);
 * let sum = 0;
 * const from = await again.restore(async (snapshot: Snapshot) => {
 *   sum = Number(await snapshot.text());
 * });
 * for await (const { data } of again.read({ from })) {
 *   sum += Number(new TextDecoder().decode(data));
 * }
 * assert.equal(sum, 15);
 * await again.close();
 * ```
 *
 * - {@linkcode WriteSnapshot} and {@linkcode SnapshotContent}: what `checkpoint`
 *   takes; {@linkcode CheckpointOptions} and {@linkcode Checkpoint}: how, and what
 *   it resolves with.
 * - {@linkcode Snapshot}: what `restore` hands over, as bytes, text or a stream.
 * - {@linkcode SnapshotMissingError}: records are dropped that no snapshot covers.
 *
 * **Limits.** A snapshot must contain the effects of all records up to its LSN;
 * nothing can check that. It is written as a whole, and needs its space next to
 * the older one for a while.
 *
 * **Read next:** [Checkpoints](https://github.com/syncline/wal/blob/main/docs/checkpoints.md), and
 * [Retention](https://github.com/syncline/wal/blob/main/docs/retention.md) to make them in the background.
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

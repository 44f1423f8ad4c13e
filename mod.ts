/**
 * An ordered, crash-safe log for Deno, Node and Bun, without dependencies: each
 * append resolves once its record is on disk, and concurrent appends share one
 * fsync. Use it when a program must not confirm anything that a crash could
 * undo: log each change first, and replay the log on start.
 *
 * ```ts
 * import { json, Wal } from "@syncline/wal";
 *
 * type Order = { id: number; item: string };
 * const orders = new Map<number, Order>();
 *
 * // Creates the log, or recovers it after a crash.
 * const wal = await Wal.open("./my-orders", { codec: json<Order>() });
 * for await (const { data } of wal.read()) orders.set(data.id, data); // replay
 *
 * async function place(order: Order): Promise<void> {
 *   await wal.append(order); // on disk once this resolves
 *   orders.set(order.id, order);
 * }
 * await Promise.all([ // two appends, one fsync
 *   place({ id: 1, item: "tea" }),
 *   place({ id: 2, item: "milk" }),
 * ]);
 * await wal.close();
 * ```
 *
 * - {@linkcode Wal} appends, reads, follows and truncates a log;
 *   {@linkcode WalOptions} says how it is opened. Each record has an LSN: 1, 2, 3.
 * - {@linkcode WalReader} reads and follows a log that another process writes.
 * - {@linkcode json} stores values, and can validate them; without a codec,
 *   records are bytes or strings.
 * - {@linkcode LeaderCommitPolicy} is the default of the {@linkcode BatchPolicy}
 *   objects that decide when a batch is flushed.
 * - {@linkcode LogFailedError}: a write or sync failed; open the log again.
 *   {@linkcode CorruptLogError}: damage that no crash explains.
 *   {@linkcode LogLockedError}: another process has the log open.
 *
 * **Limits.** One writer per directory, and no copy on another machine. Records
 * are found by LSN or time, not by key. It is tested on Linux only. What `disk`
 * means depends on the device: see
 * [Durability](https://github.com/syncline/wal/blob/main/docs/durability.md).
 *
 * **Read next:** [Sixty seconds](https://github.com/syncline/wal/blob/main/docs/sixty-seconds.md),
 * [The tour](https://github.com/syncline/wal/blob/main/docs/guide.md),
 * [Reading](https://github.com/syncline/wal/blob/main/docs/reading.md),
 * [Checkpoints](https://github.com/syncline/wal/blob/main/docs/checkpoints.md),
 * [Command line](https://github.com/syncline/wal/blob/main/docs/cli.md).
 * Other entry points: `./codec`, `./policies`, `./storage`, `./storage/s3`,
 * `./recovery`, `./reader`, `./checkpoint`, `./backup`, `./port`,
 * `./simulator`, `./trace`, `./testing`, `./opentelemetry`, `./cli`.
 *
 * @module
 */
export * from "./wal.ts";
export { LogAppender } from "./log/log_appender.ts";
export { LogUpkeep } from "./log/log_upkeep.ts";
export type { BackupOptions, BackupReport } from "./backup/backup_log.ts";
export type {
  Checkpoint,
  CheckpointOptions,
  WriteSnapshot,
} from "./checkpoint/checkpoint.ts";
export {
  type ReadSnapshot,
  SnapshotMissingError,
} from "./checkpoint/restore.ts";
export type { Snapshot } from "./checkpoint/snapshot.ts";
export type {
  SnapshotChunk,
  SnapshotContent,
} from "./checkpoint/write_snapshot.ts";
export type {
  CurrentSettings,
  Synchronous,
  WalOptions,
  WalSettings,
} from "./wal_options.ts";
export type { WalTarget } from "./log/open_log.ts";
export * from "./codec/mod.ts";
export type {
  Alert,
  AlertName,
  AlertOptions,
} from "./monitor/alert_options.ts";
export type { ReplicaState, ReplicaStats } from "./monitor/replica_stats.ts";
export type { ThreadStats, WalStats } from "./monitor/wal_stats.ts";
export * from "./policies/adaptive_policy.ts";
export * from "./policies/age_policy.ts";
export * from "./policies/any_of.ts";
export * from "./policies/batch_policy.ts";
export * from "./policies/bytes_policy.ts";
export * from "./policies/count_policy.ts";
export * from "./policies/leader_commit_policy.ts";
export type { RecoveryMode } from "./recovery/decide_tail.ts";
export { ForeignFileError } from "./recovery/survey.ts";
export * from "./storage/log_exists_error.ts";
export {
  type SalvagedDamage,
  salvageLog,
  type SalvageOptions,
  type SalvageReport,
} from "./recovery/salvage/salvage_log.ts";
export { CorruptLogError } from "./storage/corrupt_log_error.ts";
export {
  type BlockingCalls,
  CompactedError,
  FencedError,
  type FrameLog,
  type RecordBatch,
  type SealedSegment,
  TruncatedError,
} from "./storage/frame_log.ts";
export {
  type LockOptions,
  LogLockedError,
  type MaybePromise,
  type OpenMode,
  type Storage,
  type StorageFile,
  type StorageLock,
  type StorageSpace,
} from "./storage/storage.ts";
export { NoDirectoryError } from "./storage/no_directory_error.ts";
export { StorageError, StorageFullError } from "./storage/storage_error.ts";
export * from "./storage/directory/deno_storage.ts";
export type { FileStorageOptions } from "./storage/directory/sync_routing.ts";
export * from "./storage/directory/node_storage.ts";
export { FormatVersionError } from "./storage/format/envelope.ts";
export type { LogMeta } from "./storage/format/log_meta.ts";
export type { RecordList } from "./storage/format/records.ts";
export * from "./storage/memory/memory_storage.ts";
export type { TraceOptions } from "./trace/trace_recorder.ts";
export type {
  ArchivedSegment,
  ArchiveHook,
  AutoCheckpointOptions,
  RetentionOptions,
} from "./upkeep/upkeep_options.ts";
export { AppendAbortedError } from "./writer/abort.ts";
export type { AckLevel } from "./writer/acks.ts";
export type {
  AppendOptions,
  EnqueueOptions,
  ReceiptOptions,
  WaitOptions,
  WritableOptions,
} from "./writer/append_options.ts";
export {
  ConflictError,
  type Fullness,
  QueueFullError,
} from "./writer/append_queue.ts";
export type { Clock } from "./writer/clock.ts";
export { FlushInProgressError } from "./writer/flush_in_progress_error.ts";
export type { Flushing, FlushThreadState } from "./writer/flush_mode.ts";
export type {
  AppendReceipt,
  BatchReceipt,
  FlushReceipt,
} from "./writer/receipts.ts";
export type { SyncReport } from "./writer/flush_stats.ts";
export type { Distribution } from "./writer/histogram.ts";
export * from "./writer/log_closed_error.ts";
export * from "./writer/log_failed_error.ts";
export type { Health } from "./writer/log_health.ts";
export { LsnExhaustedError } from "./writer/lsn_exhausted_error.ts";
export type {
  Cursor,
  CursorOptions,
  NextOptions,
} from "./reader/cursors/cursor.ts";
export {
  CursorMovedError,
  ForeignCursorError,
} from "./reader/cursors/cursor_file.ts";
export type { HoldOptions } from "./reader/cursors/hold_back.ts";
export type { FollowedBatch, FollowedRecord } from "./reader/follow.ts";
export type { FollowOptions } from "./reader/following.ts";
export { LogView } from "./reader/log_view.ts";
export type { ReaderLevel } from "./reader/log_source.ts";
export type { ReadBatchesOptions, ReadOptions } from "./reader/reads.ts";
export type { LogIterator } from "./reader/serial_generator.ts";
export { WalReader, type WalReaderOptions } from "./reader/wal_reader.ts";
export {
  type LogRecord,
  type LsnRange,
  type RecordInput,
  RecordTooLargeError,
} from "./writer/record.ts";

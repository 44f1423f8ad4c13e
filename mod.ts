/**
 * A write-ahead log for Deno, Node and Bun: an ordered, crash-safe log where
 * each append resolves once its record is on disk, and concurrent appends share
 * one sync. A pluggable policy decides how they are batched.
 *
 * @example
 * ```ts
 * import { Wal } from "@syncline/wal";
 *
 * const wal = await Wal.open("./my-log");
 * const lsn = await wal.append("a record"); // on disk when it resolves
 * for await (const record of wal.read({ from: lsn })) {
 *   console.log(record.lsn, new TextDecoder().decode(record.data));
 * }
 * await wal.close();
 * ```
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
export * from "./recovery/log_exists_error.ts";
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
export type { ReaderLevel } from "./reader/observed_log.ts";
export type { ReadBatchesOptions, ReadOptions } from "./reader/reads.ts";
export type { LogIterator } from "./reader/serial_generator.ts";
export * from "./reader/wal_reader.ts";
export {
  type LogRecord,
  type LsnRange,
  type RecordInput,
  RecordTooLargeError,
} from "./writer/record.ts";

import {
  argumentError,
  requireAmount,
  requireInteger,
  requireMethod,
  requireOptions,
  requirePositive,
  requireType,
} from "../argument.ts";
import type { WriteSnapshot } from "../checkpoint/checkpoint.ts";
import type { FrameLog } from "../storage/frame_log.ts";
import { requireFiles } from "../storage/no_directory_error.ts";

/** How much of a log is kept: at least one of `ms` and `bytes` is needed. */
export interface RetentionOptions {
  /**
   * Drops records that were written more than this long ago, in ms above 0, by
   * the times of their frames. Default: no limit.
   */
  ms?: number | undefined;
  /**
   * Drops the oldest segments, as a whole, while the log's segments take more
   * bytes than this: an integer of at least 0. The segment that is written to is
   * never dropped. Default: no limit.
   */
  bytes?: number | undefined;
  /**
   * Drops no record that became durable less than this long ago, in ms of at
   * least 0, so that a follower in any process that lags less misses nothing.
   * Default 10,000.
   */
  graceMs?: number | undefined;
  /** How often it looks, in ms above 0. Default 5000. */
  everyMs?: number | undefined;
}

/**
 * A sealed segment to archive, which was checked as a whole before it is handed
 * over. It can be read, more than once, until the hook is done.
 */
export interface ArchivedSegment
  extends AsyncIterable<Uint8Array<ArrayBuffer>> {
  /** Its file name, under which a log can be restored from it. */
  readonly name: string;
  /** LSN of its first record. */
  readonly firstLsn: number;
  /** LSN of its last record. */
  readonly lastLsn: number;
  /** Bytes of its content. */
  readonly bytes: number;
  /**
   * The path of its file, to copy or link it. Absent if it is not in a
   * directory, or if the file holds more than the content.
   */
  readonly path?: string | undefined;
  /** Aborted when the log closes, or the hook is changed. */
  readonly signal: AbortSignal;
  /**
   * Its content in pieces, read as they are taken. Fails if the file has changed
   * since it was checked, or another owner has taken over the log.
   */
  stream(): ReadableStream<Uint8Array<ArrayBuffer>>;
}

/**
 * Puts a segment where it is kept. It is archived once this returns, or the
 * promise resolves.
 */
export type ArchiveHook = (segment: ArchivedSegment) => void | Promise<void>;

/** When checkpoints are made by themselves, and of what. */
export interface AutoCheckpointOptions {
  /** Time between two of them, in ms above 0. */
  ms: number;
  /** Returns the snapshot, as for `Wal.checkpoint`. */
  write: WriteSnapshot;
  /** How many snapshots to keep: an integer of at least 1. Default 1. */
  keep?: number | undefined;
}

/** What a log does by itself, in the background. */
export interface UpkeepOptions {
  /** How much of it is kept. Default: everything. */
  retention?: RetentionOptions | undefined;
  /** Archives its segments. Default: none. */
  archive?: ArchiveHook | undefined;
  /** Makes checkpoints. Default: none. */
  autoCheckpoint?: AutoCheckpointOptions | undefined;
}

/** Names of {@linkcode UpkeepOptions}. */
export const UPKEEP = ["retention", "archive", "autoCheckpoint"] as const;

/** Throws `TypeError` or `RangeError` for bad options. */
export function checkUpkeep(action: string, options: UpkeepOptions): void {
  const { retention, archive, autoCheckpoint } = options;
  if (retention !== undefined) checkRetention(action, retention);
  if (archive !== undefined) {
    requireType(action, "archive", archive, "function");
  }
  if (autoCheckpoint === undefined) return;
  requireOptions(action, autoCheckpoint, ["ms", "write", "keep"]);
  const { ms, write, keep = 1 } = autoCheckpoint;
  requirePositive(action, "autoCheckpoint.ms", ms);
  requireType(action, "autoCheckpoint.write", write, "function");
  requireInteger(action, "autoCheckpoint.keep", keep);
}

function checkRetention(action: string, retention: RetentionOptions): void {
  requireOptions(action, retention, ["ms", "bytes", "graceMs", "everyMs"]);
  const { ms, bytes, graceMs = 0, everyMs = 1 } = retention;
  if (ms === undefined && bytes === undefined) {
    const rule = "an object with ms, bytes or both";
    throw argumentError(action, "retention", rule, "neither", false);
  }
  if (ms !== undefined) requirePositive(action, "retention.ms", ms);
  requireInteger(action, "retention.bytes", bytes ?? 0, 0);
  requireAmount(action, "retention.graceMs", graceMs);
  requirePositive(action, "retention.everyMs", everyMs);
}

/** Throws `TypeError` or `NoDirectoryError` if `log` cannot do that. */
export function requireUpkeep(
  log: FrameLog,
  { cursors, retention, archive, autoCheckpoint }: UpkeepOptions & {
    readonly cursors?: unknown;
  },
): void {
  if (cursors !== undefined && log.cursors === undefined) {
    requireFiles("hold back for cursors", log.files);
  }
  if (autoCheckpoint !== undefined) requireFiles("checkpoint", log.files);
  if (archive !== undefined) {
    requireFiles("archive", log.files);
    requireMethod("archive", "the log", log, "sealedSegments");
  }
  if (retention === undefined) return;
  const action = "retain a part of the log";
  if (retention.bytes !== undefined) {
    requireMethod(action, "the log", log, "sealedSegments");
  }
  const needsTime = retention.ms !== undefined || retention.graceMs !== 0;
  if (!needsTime || log.time !== undefined) return;
  throw argumentError(action, "the log", "one that keeps times", log, false);
}

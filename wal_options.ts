import { argumentError, requireInteger, requireOptions } from "./argument.ts";
import type { BatchPolicy } from "./policies/batch_policy.ts";
import { LeaderCommitPolicy } from "./policies/leader_commit_policy.ts";
import type { RecoveryMode } from "./recovery/decide_tail.ts";
import type { Storage } from "./storage/storage.ts";
import type { TraceOptions } from "./trace/trace_recorder.ts";
import type { AckLevel } from "./writer/acks.ts";
import { type Clock, systemClock } from "./writer/clock.ts";

/** Options of `Wal.open`. */
export interface WalOptions {
  /** When a batch is flushed. Default: `new LeaderCommitPolicy()`. */
  policy?: BatchPolicy | undefined;
  /**
   * Maximum size of a segment in bytes: an integer of at least 4096. A single
   * frame that is larger may exceed it. Default 67,108,864.
   */
  segmentBytes?: number | undefined;
  /**
   * Bytes to hold in a reserve file, so that the log can still be opened, read
   * and truncated when the disk is full: an integer of at least 0, where 0
   * means no reserve. Default 16,384.
   */
  reserveBytes?: number | undefined;
  /**
   * First LSN of a new log, such as after installing a snapshot: an integer of
   * at least 1. If a log exists, `Wal.open` throws `LogExistsError`, unless
   * that log was created with the same value and is still empty. Default: a new
   * log begins at 1, and an existing one is opened.
   */
  firstLsn?: number | undefined;
  /**
   * Maximum bytes in the queue: an integer of at least 1. Beyond it, `append`
   * waits and `enqueue` throws `QueueFullError`. Default 67,108,864.
   */
  maxQueuedBytes?: number | undefined;
  /**
   * Maximum records in the queue: an integer of at least 1. Beyond it, `append`
   * waits and `enqueue` throws `QueueFullError`. Default 10,000.
   */
  maxQueuedRecords?: number | undefined;
  /**
   * Maximum bytes of appends that wait for room in the queue: an integer of at
   * least 1. Beyond it, `append` rejects with `QueueFullError`. Default
   * 67,108,864.
   */
  maxWaitingBytes?: number | undefined;
  /**
   * Maximum records that wait for room in the queue: an integer of at least 1.
   * Beyond it, `append` rejects with `QueueFullError`. Default 100,000.
   */
  maxWaitingRecords?: number | undefined;
  /**
   * How damage is handled. `"tail"` (the default) drops a torn tail and refuses
   * any other damage. `"strict"` refuses a torn tail as well. `"salvage"` reads
   * the whole log, keeps every intact record, leaves holes for the rest, and
   * warns about each one.
   */
  recovery?: RecoveryMode | undefined;
  /**
   * Creates the storage for a path. Default: `DenoStorage` on Deno, otherwise
   * `NodeStorage`.
   */
  storage?: ((directory: string | URL) => Storage) | undefined;
  /** When the log syncs, and its default ack level. Default `"full"`. */
  synchronous?: Synchronous | undefined;
  /**
   * Maximum time in ms that records acknowledged at `os` stay unsynced, at
   * least 0. A power loss can lose the records of that interval. Default 1000.
   * With `synchronous: "off"` it is always `Infinity`: records at `os` are
   * synced by `flush()`, `close()`, the end of a segment, or a record that asks
   * for `disk`.
   */
  syncIntervalMs?: number | undefined;
  /**
   * Takes over the lock even if its owner is alive; the displaced owner
   * acknowledges nothing further. Default false.
   */
  takeOver?: boolean | undefined;
  /** Receives warnings, such as about tmpfs. Default: `console.warn`. */
  warn?: ((message: string) => void) | undefined;
  /**
   * Where to record a trace of appends and flush costs, never the contents of
   * records. Default: no trace. See docs/trace.md.
   */
  trace?: TraceOptions | undefined;
  /** A controllable clock for tests. Default: the system clock. */
  clock?: Clock | undefined;
}

/** {@linkcode WalOptions}, checked and with every default filled in. */
export type CheckedOptions =
  & {
    [Name in Exclude<keyof WalOptions, "storage" | "trace" | "firstLsn">]-?:
      Exclude<
        WalOptions[Name],
        undefined
      >;
  }
  & Pick<WalOptions, "trace" | "firstLsn">;

/** All option names; the compiler checks that none is missing. */
const NAMES = Object.keys(
  {
    policy: true,
    segmentBytes: true,
    reserveBytes: true,
    firstLsn: true,
    maxQueuedBytes: true,
    maxQueuedRecords: true,
    maxWaitingBytes: true,
    maxWaitingRecords: true,
    recovery: true,
    storage: true,
    synchronous: true,
    syncIntervalMs: true,
    takeOver: true,
    warn: true,
    trace: true,
    clock: true,
  } satisfies Record<keyof WalOptions, true>,
);

/**
 * Fills in the defaults; throws `TypeError` or `RangeError` for bad options.
 */
export function checkOptions(options: WalOptions): CheckedOptions {
  requireOptions("open a log", options, NAMES);
  const checked: CheckedOptions = {
    policy: options.policy ?? new LeaderCommitPolicy(),
    segmentBytes: options.segmentBytes ?? 64 * 1024 * 1024,
    reserveBytes: options.reserveBytes ?? 16 * 1024,
    maxQueuedBytes: options.maxQueuedBytes ?? 64 * 1024 * 1024,
    maxQueuedRecords: options.maxQueuedRecords ?? 10_000,
    maxWaitingBytes: options.maxWaitingBytes ?? 64 * 1024 * 1024,
    maxWaitingRecords: options.maxWaitingRecords ?? 100_000,
    recovery: options.recovery ?? "tail",
    synchronous: options.synchronous ?? "full",
    syncIntervalMs: options.syncIntervalMs ??
      (options.synchronous === "off" ? Infinity : 1000),
    takeOver: options.takeOver ?? false,
    warn: options.warn ?? ((message) => console.warn(message)),
    clock: options.clock ?? systemClock,
    ...(options.firstLsn !== undefined && { firstLsn: options.firstLsn }),
    ...(options.trace !== undefined && { trace: options.trace }),
  };
  requireInteger("open a log", "segmentBytes", checked.segmentBytes, 4096);
  requireInteger("open a log", "reserveBytes", checked.reserveBytes, 0);
  requireInteger("open a log", "firstLsn", checked.firstLsn ?? 1, 1);
  requireInteger("open a log", "maxQueuedBytes", checked.maxQueuedBytes, 1);
  requireInteger("open a log", "maxQueuedRecords", checked.maxQueuedRecords, 1);
  requireInteger("open a log", "maxWaitingBytes", checked.maxWaitingBytes, 1);
  requireInteger(
    "open a log",
    "maxWaitingRecords",
    checked.maxWaitingRecords,
    1,
  );
  const { synchronous, syncIntervalMs, recovery, policy, takeOver } = checked;
  if (!Object.hasOwn(DEFAULT_ACK, synchronous)) {
    throw refusal("synchronous", `"full", "normal" or "off"`, synchronous);
  }
  if (!(typeof syncIntervalMs === "number" && syncIntervalMs >= 0)) {
    throw refusal("syncIntervalMs", "a number of at least 0", syncIntervalMs);
  }
  if (synchronous === "off" && syncIntervalMs !== Infinity) {
    const rule = `absent or Infinity with synchronous: "off"`;
    throw refusal("syncIntervalMs", rule, syncIntervalMs);
  }
  if (!["tail", "strict", "salvage"].includes(recovery)) {
    throw refusal("recovery", `"tail", "strict" or "salvage"`, recovery);
  }
  if (typeof policy?.due !== "function") {
    throw refusal("policy", "an object with a method due", policy);
  }
  if (typeof takeOver !== "boolean") {
    throw refusal("takeOver", "a boolean", takeOver);
  }
  if (typeof checked.warn !== "function") {
    throw refusal("warn", "a function", checked.warn);
  }
  if (typeof (options.storage ?? checked.warn) !== "function") {
    throw refusal("storage", "a function", options.storage);
  }
  if (typeof checked.clock?.endOfTurn !== "function") {
    throw refusal("clock", "an object with a method endOfTurn", checked.clock);
  }
  const { trace } = checked;
  if (trace !== undefined && typeof trace?.write !== "function") {
    throw refusal("trace", "an object with a method write", trace);
  }
  if (trace?.maxBytes !== undefined) {
    requireInteger("open a log", "trace.maxBytes", trace.maxBytes, 1);
  }
  return checked;
}

function refusal(name: string, rule: string, value: unknown): Error {
  const isAmount = rule.includes("number") && typeof value === "number";
  return argumentError("open a log", name, rule, value, isAmount);
}

/**
 * When a log syncs, which also sets the default ack level:
 *
 * - `"full"`: acks at `"disk"`, so each flush is synced;
 * - `"normal"`: acks at `"os"`, and syncs within `syncIntervalMs`;
 * - `"off"`: acks at `"os"`, and leaves syncing to `flush()` and `close()`.
 *
 * In every mode, a segment is synced before the next one begins, so that only
 * the last can be torn, and an append that asks for `"disk"` gets its sync.
 * Named after SQLite's `PRAGMA synchronous`.
 */
export type Synchronous = "full" | "normal" | "off";

/** The level of appends that do not name one. */
export const DEFAULT_ACK: Readonly<Record<Synchronous, AckLevel>> = {
  full: "disk",
  normal: "os",
  off: "os",
};

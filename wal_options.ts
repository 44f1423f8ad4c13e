import { argumentError, requireInteger, requireOptions } from "./argument.ts";
import { type Clock, systemClock } from "./writer/clock.ts";
import { LeaderCommitPolicy } from "./policies/leader_commit_policy.ts";
import type { BatchPolicy } from "./policies/batch_policy.ts";
import type { RecoveryMode } from "./recovery/decide_tail.ts";
import type { Storage } from "./storage/storage.ts";
import type { TraceOptions } from "./trace/trace_recorder.ts";
import type { AckLevel } from "./writer/acks.ts";

/** Options of `Wal.open`. */
export interface WalOptions {
  /** When a batch is flushed. Default: `new LeaderCommitPolicy()`. */
  policy?: BatchPolicy | undefined;
  /**
   * Size beyond which a segment is not grown, in bytes, an integer of at least
   * 4096; one frame may exceed it. Default 67,108,864.
   */
  segmentBytes?: number | undefined;
  /**
   * Bytes that the log holds in a file for when the disk is full, so that it can
   * still be opened, read and truncated; an integer of at least 0, which holds
   * none. Default 16,384.
   */
  reserveBytes?: number | undefined;
  /**
   * Begins a new log at this LSN instead of 1, as after a snapshot was
   * installed; an integer of at least 1. It is no error if it was begun so
   * before and is still empty. Default: absent.
   */
  firstLsn?: number | undefined;
  /** Most bytes in the queue, an integer of at least 1. Default 67,108,864. */
  maxQueuedBytes?: number | undefined;
  /** Most records in the queue, an integer of at least 1. Default 10,000. */
  maxQueuedRecords?: number | undefined;
  /**
   * Most bytes of appends that wait for room in the queue, an integer of at
   * least 1; beyond it `append` rejects with `QueueFullError`. Default
   * 67,108,864.
   */
  maxWaitingBytes?: number | undefined;
  /**
   * Most records that wait for room in the queue, an integer of at least 1;
   * beyond it `append` rejects with `QueueFullError`. Default 100,000.
   */
  maxWaitingRecords?: number | undefined;
  /**
   * How damage is treated. `"tail"` (default) leaves out a torn end and refuses
   * the rest; `"strict"` refuses a torn end, too; `"salvage"` reads the whole
   * log, keeps what is intact around holes, and warns of each.
   */
  recovery?: RecoveryMode | undefined;
  /** Makes the storage for a path. Default: the runtime's own. */
  storage?: ((directory: string | URL) => Storage) | undefined;
  /** When the log syncs, and the level of appends. Default `"full"`. */
  synchronous?: Synchronous | undefined;
  /**
   * How long records that were acked at `os` stay unsynced at most, in ms, at
   * least 0. Default 1000; with `synchronous: "off"` always `Infinity`, which
   * leaves it to `flush()` and `close()`.
   */
  syncIntervalMs?: number | undefined;
  /**
   * Takes the lock even from an owner that lives; that one acknowledges
   * nothing more. Default false.
   */
  takeOver?: boolean | undefined;
  /** Hears warnings, such as of tmpfs. Default: `console.warn`. */
  warn?: ((message: string) => void) | undefined;
  /**
   * Where to note what comes to the log and what its flushes cost; never what
   * is in a record. Default: nowhere. See docs/trace.md.
   */
  trace?: TraceOptions | undefined;
  /** Time, for tests. Default: the runtime's own. */
  clock?: Clock | undefined;
}

/** {@linkcode WalOptions} with every default filled in, and checked. */
export type CheckedOptions =
  & {
    [Name in Exclude<keyof WalOptions, "storage" | "trace" | "firstLsn">]-?:
      Exclude<
        WalOptions[Name],
        undefined
      >;
  }
  & Pick<WalOptions, "trace" | "firstLsn">;

/** All names; the compiler sees to it that none is missing. */
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

/** Fills in the defaults; throws `TypeError` or `RangeError` out of bounds. */
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
 * When a log syncs, and with that the level of appends that name none:
 *
 * - `"full"`: acks at `"disk"`, so each flush is synced;
 * - `"normal"`: acks at `"os"`, and syncs within `syncIntervalMs`;
 * - `"off"`: acks at `"os"`, and leaves the syncs to `flush()` and `close()`.
 *
 * In each mode a segment is synced before the next one begins, as only the last
 * one may be torn, and an append that asks for `"disk"` gets its sync. Named
 * after SQLite's `PRAGMA synchronous`.
 */
export type Synchronous = "full" | "normal" | "off";

/** The level of appends that name none. */
export const DEFAULT_ACK: Readonly<Record<Synchronous, AckLevel>> = {
  full: "disk",
  normal: "os",
  off: "os",
};

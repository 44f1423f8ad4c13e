import type { Codec } from "./codec/codec.ts";
import type { AlertOptions } from "./monitor/alert_options.ts";
import type { BatchPolicy } from "./policies/batch_policy.ts";
import type { HoldOptions } from "./reader/cursors/mod.ts";
import type { RecoveryMode } from "./recovery/decide_tail.ts";
import type { Storage } from "./storage/storage.ts";
import type { TraceOptions } from "./trace/trace_recorder.ts";
import type {
  ArchiveHook,
  AutoCheckpointOptions,
  RetentionOptions,
  UPKEEP,
} from "./upkeep/upkeep_options.ts";
import type { AckLevel } from "./writer/acks.ts";
import type { Clock } from "./writer/clock.ts";
import type { Flushing } from "./writer/flush_mode.ts";
import type { RecordInput } from "./writer/record.ts";

/** Options of `Wal.open`. */
export interface WalOptions<
  In = RecordInput,
  Out = Uint8Array<ArrayBuffer>,
> {
  /**
   * When a batch is flushed. Default: `new LeaderCommitPolicy()`, or, if the
   * frame log says what a flush should gather (`Batching`), an
   * `AgePolicy` and a `BytesPolicy` of those limits, whichever is due first.
   */
  policy?: BatchPolicy | undefined;
  /**
   * Where frames are written and synced: `"inline"`, in the thread that appends;
   * `"thread"`, on a separate thread; or `"auto"`, on a thread while
   * that pays. Default `"inline"`. See docs/threads.md. Only `"inline"` in a
   * `LogEngine`.
   */
  flushing?: Flushing | undefined;
  /**
   * Maximum size of a segment in bytes: an integer of at least 4096. A single
   * frame that is larger may exceed it. Default 67,108,864. Refused in a
   * `LogEngine`, which has no segment files.
   */
  segmentBytes?: number | undefined;
  /**
   * Bytes to hold in a reserve file, so that the log can still be opened, read
   * and truncated when the disk is full: an integer of at least 0, where 0
   * means no reserve. Default 16,384. Refused in a `LogEngine`.
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
   * Cursors that hold back `truncateBefore` and `checkpoint`, up to a limit, so
   * that their consumers miss nothing. Default: none. See docs/checkpoints.md.
   */
  cursors?: HoldOptions | undefined;
  /**
   * How much of the log is kept: older records are dropped in the background, as
   * by `truncateBefore`. Default: everything. See docs/retention.md.
   */
  retention?: RetentionOptions | undefined;
  /**
   * Receives each segment once it is full, in order and one at a time, before
   * anything drops its records. Default: none. See docs/retention.md. Needs a
   * directory.
   */
  archive?: ArchiveHook | undefined;
  /**
   * Calls `checkpoint` from time to time, if anything was appended since: so
   * restore the state first. Default: never. See docs/retention.md. Needs a
   * directory.
   */
  autoCheckpoint?: AutoCheckpointOptions | undefined;
  /**
   * How damage is handled. `"tail"` (the default) drops a torn tail and refuses
   * any other damage. `"strict"` refuses a torn tail as well. `"salvage"` reads
   * the whole log, keeps every intact record, leaves holes for the rest, and
   * warns about each one. Only `"tail"` in a `LogEngine`.
   */
  recovery?: RecoveryMode | undefined;
  /**
   * Creates the storage for a path. Default: `DenoStorage` on Deno, otherwise
   * `NodeStorage`. Refused with a `LogEngine`, which is not a path.
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
   * acknowledges nothing further. Default false; but a `LogEngine` always takes
   * over, so false is refused there.
   */
  takeOver?: boolean | undefined;
  /**
   * What happens if the process ends by itself, or by `process.exit` or
   * `Deno.exit`, while the log is open and records are not written yet, such as
   * those acknowledged at `memory`: `"warn"` says how many are lost, `"flush"`
   * calls `closeSync`, and warns if that fails. A signal or an uncaught error
   * may end a process otherwise. Default: nothing happens. `"flush"` is refused
   * in a `LogEngine`, which cannot block.
   */
  atExit?: "warn" | "flush" | undefined;
  /**
   * Thresholds whose crossing is reported by `on("alert", …)`; `{}` for the
   * defaults. Default: no alerts. See docs/monitoring.md.
   */
  alerts?: AlertOptions | undefined;
  /**
   * Whether other processes may ask for the log's status, as `wal top` does: the
   * log then looks once per second whether a certain file exists. Default: true
   * in a directory, false on other storages. True is refused in a `LogEngine`.
   */
  status?: boolean | undefined;
  /** Receives warnings, such as about tmpfs. Default: `console.warn`. */
  warn?: ((message: string) => void) | undefined;
  /**
   * Where to record a trace of appends and flush costs, never the contents of
   * records. Default: no trace. See docs/trace.md.
   */
  trace?: TraceOptions | undefined;
  /** A controllable clock for tests. Default: the system clock. */
  clock?: Clock | undefined;
  /**
   * Turns values into records, and back. It determines the type of what the log
   * takes and gives back. Default: records are bytes.
   */
  codec?: Codec<In, Out> | undefined;
}

/**
 * What `Wal.configure` can change: the options of these names. What is absent
 * or `undefined` stays as it is.
 */
export interface WalSettings extends
  Pick<
    WalOptions,
    | "policy"
    | "flushing"
    | "synchronous"
    | "maxQueuedBytes"
    | "maxQueuedRecords"
    | "maxWaitingBytes"
    | "maxWaitingRecords"
    | "warn"
  > {
  /**
   * As in {@linkcode WalOptions}. Default: as it is, but what belongs to
   * `synchronous` if that changes: 1000, or `Infinity` with `"off"`.
   */
  syncIntervalMs?: number | undefined;
  /** As in {@linkcode WalOptions}; `null` for none. */
  cursors?: HoldOptions | null | undefined;
  /** As in {@linkcode WalOptions}; `null` for none, which clears all. */
  alerts?: AlertOptions | null | undefined;
  /** As in {@linkcode WalOptions}, as a whole; `null` for none. */
  retention?: RetentionOptions | null | undefined;
  /**
   * As in {@linkcode WalOptions}; `null` for none. The signal of the hook before
   * is aborted; `configure` waits up to 5 s until it has ended.
   */
  archive?: ArchiveHook | null | undefined;
  /** As in {@linkcode WalOptions}, as a whole; `null` for none. */
  autoCheckpoint?: AutoCheckpointOptions | null | undefined;
}

/** Settings that can be removed. */
type Removable = "cursors" | typeof UPKEEP[number];

/** The settings of a log; `null` for none. */
export type CurrentSettings = {
  [Name in keyof WalSettings]-?: Exclude<WalSettings[Name], undefined>;
};

/** {@linkcode WalOptions}, checked and with every default filled in. */
export type CheckedOptions =
  & {
    [Name in Exclude<keyof WalOptions, OptionalName>]-?: Exclude<
      WalOptions[Name],
      undefined
    >;
  }
  & Pick<WalOptions, Exclude<OptionalName, "codec" | "storage">>;

/** Options without a default. */
type OptionalName =
  | "alerts"
  | "atExit"
  | "codec"
  | "firstLsn"
  | "status"
  | "storage"
  | "trace"
  | Removable;

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

import {
  argumentError,
  requireInteger,
  requireMethod,
  requireOneOf,
  requireOptions,
  requireType,
} from "./argument.ts";
import type { Codec } from "./codec/codec.ts";
import type { BatchPolicy } from "./policies/batch_policy.ts";
import { LeaderCommitPolicy } from "./policies/leader_commit_policy.ts";
import type { HoldOptions } from "./reader/cursors/mod.ts";
import type { RecoveryMode } from "./recovery/decide_tail.ts";
import { CURSOR_NAME } from "./storage/format/mod.ts";
import type { Storage } from "./storage/storage.ts";
import type { TraceOptions } from "./trace/trace_recorder.ts";
import {
  type ArchiveHook,
  type AutoCheckpointOptions,
  checkUpkeep,
  type RetentionOptions,
  UPKEEP,
} from "./upkeep/upkeep_options.ts";
import type { AckLevel } from "./writer/acks.ts";
import { type Clock, systemClock } from "./writer/clock.ts";
import { DEFAULT_QUEUE } from "./writer/flush_rules.ts";
import type { RecordInput } from "./writer/record.ts";

/** Options of `Wal.open`. */
export interface WalOptions<
  In = RecordInput,
  Out = Uint8Array<ArrayBuffer>,
> {
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
   * anything drops its records. Default: none. See docs/retention.md.
   */
  archive?: ArchiveHook | undefined;
  /**
   * Calls `checkpoint` from time to time, if anything was appended since: so
   * restore the state first. Default: never. See docs/retention.md.
   */
  autoCheckpoint?: AutoCheckpointOptions | undefined;
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
  /**
   * What happens if the process ends by itself, or by `process.exit` or
   * `Deno.exit`, while the log is open and records are not written yet, such as
   * those acknowledged at `memory`: `"warn"` says how many are lost, `"flush"`
   * calls `closeSync`, and warns if that fails. A signal or an uncaught error
   * may end a process otherwise. Default: nothing happens.
   */
  atExit?: "warn" | "flush" | undefined;
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

/** The names of {@linkcode WalSettings}. */
const SETTINGS: readonly (keyof WalSettings)[] = [
  "policy",
  "synchronous",
  "syncIntervalMs",
  "maxQueuedBytes",
  "maxQueuedRecords",
  "maxWaitingBytes",
  "maxWaitingRecords",
  "cursors",
  ...UPKEEP,
  "warn",
];

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
  | "atExit"
  | "codec"
  | "firstLsn"
  | "storage"
  | "trace"
  | Removable;

/** Options of a log with any codec. */
type AnyOptions = WalOptions<never, unknown>;

/** How often records at `os` are synced, if nothing is said about it. */
function defaultIntervalMs(synchronous: Synchronous | undefined): number {
  return synchronous === "off" ? Infinity : 1000;
}

/** What is not set; the compiler checks that no option is missing. */
function defaultsFor({ synchronous }: AnyOptions) {
  return {
    policy: new LeaderCommitPolicy(),
    segmentBytes: 64 * 1024 * 1024,
    reserveBytes: 16 * 1024,
    firstLsn: undefined,
    ...DEFAULT_QUEUE,
    maxWaitingBytes: 64 * 1024 * 1024,
    maxWaitingRecords: 100_000,
    cursors: undefined,
    retention: undefined,
    archive: undefined,
    autoCheckpoint: undefined,
    recovery: "tail",
    storage: undefined,
    synchronous: "full",
    syncIntervalMs: defaultIntervalMs(synchronous),
    takeOver: false,
    atExit: undefined,
    warn: (message) => console.warn(message),
    trace: undefined,
    clock: systemClock,
    codec: undefined,
  } satisfies WalOptions & Record<keyof WalOptions, unknown>;
}

const OPEN = "open a log";

const RECOVERIES: readonly RecoveryMode[] = ["tail", "strict", "salvage"];

/** The least size of a segment. */
export const LEAST_SEGMENT_BYTES = 4096;

/** Options that are integers, and the least that each may be. */
const LEAST = {
  segmentBytes: LEAST_SEGMENT_BYTES,
  reserveBytes: 0,
  firstLsn: 1,
  maxQueuedBytes: 1,
  maxQueuedRecords: 1,
  maxWaitingBytes: 1,
  maxWaitingRecords: 1,
};

/**
 * Fills in the defaults; throws `TypeError` or `RangeError` for bad options.
 */
export function checkOptions(options: AnyOptions): CheckedOptions {
  requireOptions(OPEN, options, Object.keys(defaultsFor({})));
  return checkAll(OPEN, options);
}

/**
 * The options of a log once `changes` are made to it. Throws `TypeError` or
 * `RangeError` for bad ones.
 */
export function changeOptions(
  options: CheckedOptions,
  changes: WalSettings,
): CheckedOptions {
  const action = "configure a log";
  requireOptions(action, changes, SETTINGS);
  const given = Object.fromEntries(
    Object.entries(changes).filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, value === null ? undefined : value]),
  );
  const { synchronous = options.synchronous } = changes;
  const syncIntervalMs = synchronous === options.synchronous
    ? options.syncIntervalMs
    : defaultIntervalMs(synchronous);
  return checkAll(action, { ...options, syncIntervalMs, ...given });
}

/** The settings among the options of a log. */
export function settingsOf(options: CheckedOptions): Readonly<CurrentSettings> {
  const settings = SETTINGS.map((name) => [name, options[name] ?? null]);
  return Object.freeze(Object.fromEntries(settings));
}

function checkAll(action: string, options: AnyOptions): CheckedOptions {
  const checked = fillIn(options);
  for (const [name, least] of Object.entries(LEAST)) {
    const { [name as keyof typeof LEAST]: value = least } = checked;
    requireInteger(action, name, value, least);
  }
  const { synchronous, policy, warn, clock, trace } = checked;
  requireOneOf(action, "synchronous", synchronous, Object.keys(DEFAULT_ACK));
  requireInterval(action, checked.syncIntervalMs, synchronous);
  requireOneOf(action, "recovery", checked.recovery, RECOVERIES);
  requireMethod(action, "policy", policy, "due");
  requireType(action, "takeOver", checked.takeOver, "boolean");
  requireType(action, "warn", warn, "function");
  if (checked.atExit !== undefined) {
    requireOneOf(action, "atExit", checked.atExit, ["warn", "flush"]);
  }
  if (options.storage !== undefined) {
    requireType(action, "storage", options.storage, "function");
  }
  requireMethod(action, "clock", clock, "endOfTurn");
  if (options.codec !== undefined) {
    requireMethod(action, "codec", options.codec, "encode");
    requireMethod(action, "codec", options.codec, "decode");
  }
  if (checked.cursors !== undefined) requireHold(action, checked.cursors);
  checkUpkeep(action, checked);
  if (trace === undefined) return checked;
  requireMethod(action, "trace", trace, "write");
  const { maxBytes = 1, policy: name = "" } = trace;
  requireInteger(action, "trace.maxBytes", maxBytes);
  requireType(action, "trace.policy", name, "string");
  return checked;
}

function fillIn(options: AnyOptions): CheckedOptions {
  const filled = Object.entries(defaultsFor(options)).map(
    ([name, otherwise]) => {
      const { [name as keyof WalOptions]: value = otherwise } = options;
      return [name, value];
    },
  );
  return Object.fromEntries(filled);
}

function requireHold(action: string, cursors: HoldOptions): void {
  requireOptions(action, cursors, ["hold", "limitBytes"]);
  const { hold, limitBytes } = cursors;
  requireInteger(action, "cursors.limitBytes", limitBytes, 0);
  const isList = Array.isArray(hold) &&
    hold.every((name) => typeof name === "string" && CURSOR_NAME.test(name));
  if (hold === "all" || isList) return;
  const rule = '"all" or an array of names of cursors';
  throw argumentError(action, "cursors.hold", rule, hold, false);
}

function requireInterval(
  action: string,
  ms: unknown,
  synchronous: Synchronous,
): void {
  const name = "syncIntervalMs";
  if (!(typeof ms === "number" && ms >= 0)) {
    throw argumentError(action, name, "a number of at least 0", ms);
  }
  if (synchronous !== "off" || ms === Infinity) return;
  const rule = 'absent or Infinity with synchronous: "off"';
  throw argumentError(action, name, rule, ms, false);
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

import {
  argumentError,
  requireInteger,
  requireMethod,
  requireOneOf,
  requireOptions,
  requireType,
} from "../argument.ts";
import { checkAlerts } from "../monitor/alert_options.ts";
import { LeaderCommitPolicy } from "../policies/leader_commit_policy.ts";
import type { HoldOptions } from "../reader/cursors/mod.ts";
import type { RecoveryMode } from "../recovery/decide_tail.ts";
import { CURSOR_NAME } from "../storage/format/mod.ts";
import { checkUpkeep, UPKEEP } from "../upkeep/upkeep_options.ts";
import {
  type CheckedOptions,
  type CurrentSettings,
  DEFAULT_ACK,
  type Synchronous,
  type WalOptions,
  type WalSettings,
} from "../wal_options.ts";
import { systemClock } from "../writer/clock.ts";
import type { Flushing } from "../writer/flush_mode.ts";
import { DEFAULT_QUEUE } from "../writer/flush_rules.ts";

/** The names of {@linkcode WalSettings}. */
const SETTINGS: readonly (keyof WalSettings)[] = [
  "policy",
  "flushing",
  "synchronous",
  "syncIntervalMs",
  "maxQueuedBytes",
  "maxQueuedRecords",
  "maxWaitingBytes",
  "maxWaitingRecords",
  "cursors",
  "alerts",
  ...UPKEEP,
  "warn",
];

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
    flushing: "inline",
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
    alerts: undefined,
    status: undefined,
    warn: (message) => console.warn(message),
    trace: undefined,
    clock: systemClock,
    codec: undefined,
  } satisfies WalOptions & Record<keyof WalOptions, unknown>;
}

const OPEN = "open a log";

const FLUSHINGS: readonly Flushing[] = ["inline", "thread", "auto"];

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
  requireOneOf(action, "flushing", checked.flushing, FLUSHINGS);
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
  if (checked.alerts !== undefined) checkAlerts(action, checked.alerts);
  if (checked.status !== undefined) {
    requireType(action, "status", checked.status, "boolean");
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

import { argumentError, requireAmount, requireOptions } from "../argument.ts";

/**
 * Thresholds beyond which a log raises an alert: numbers of at least 0, or
 * `false` for no alert of that name. A log that has failed or is degraded always
 * raises `"unhealthy"`.
 *
 * @example
 * ```ts
 * import { Wal } from "@syncline/wal";
 * import { MemoryStorage } from "@syncline/wal/storage";
 *
 * const wal = await Wal.open(new MemoryStorage(), {
 *   alerts: { flushMs: 250, cursorLagRecords: false },
 * });
 * wal.on("alert", ({ state, message }) => console.warn(state, message));
 * await wal.close();
 * ```
 */
export interface AlertOptions {
  /**
   * Records that wait to be flushed, including those that wait for room in the
   * queue. Default 10,000.
   */
  queuedRecords?: number | false | undefined;
  /** Ms that a flush takes: its write and its sync. Default 100. */
  flushMs?: number | false | undefined;
  /**
   * Ms since a write or sync began that has not returned. It is reported while
   * it hangs, if it runs on another thread, as with `flushing: "thread"`; one
   * that blocks the event loop is reported once it returns. Default 5000.
   */
  stallMs?: number | false | undefined;
  /** Bytes that the log takes on storage. Default 1,000,000,000. */
  storedBytes?: number | false | undefined;
  /**
   * Bytes that the storage has left; the alert is raised below that. Default:
   * four segments, and at least 268,435,456.
   */
  freeBytes?: number | false | undefined;
  /**
   * Durable records that the consumer of a cursor has not committed, for each
   * cursor. Default 100,000.
   */
  cursorLagRecords?: number | false | undefined;
  /**
   * Ms without a reason for an alert after which it is cleared, so that it is
   * raised at most once in that time: at least 0. Default 10,000.
   */
  clearMs?: number | undefined;
}

/** What an alert is about: a threshold, or the log's health. */
export type AlertName = Exclude<keyof AlertOptions, "clearMs"> | "unhealthy";

/** Something that an operator should know has begun, or has ended. */
export interface Alert {
  /** What it is about. */
  readonly name: AlertName;
  /** Whether it has begun or ended. */
  readonly state: "raised" | "cleared";
  /** The figure, in the unit of `name`; of `"unhealthy"`, what is wrong. */
  readonly value: number;
  /** What the figure is compared with; of `"unhealthy"`, 0. */
  readonly threshold: number;
  /** The cursor, if it is about one. */
  readonly cursor?: string;
  /** The same in one sentence. */
  readonly message: string;
  /** When, in ms since 1970. */
  readonly at: number;
}

/** All thresholds; `Infinity` for none, or 0 of what must not be less. */
export type Thresholds = Readonly<
  Record<Exclude<keyof AlertOptions, "clearMs">, number> & { clearMs: number }
>;

/** The least free space, in segments and in bytes. */
const FREE_SEGMENTS = 4;
const LEAST_FREE_BYTES = 256 * 1024 * 1024;

/** Fills in the defaults. */
export function thresholdsOf(
  options: AlertOptions,
  segmentBytes: number,
): Thresholds {
  const of = (value: number | false | undefined, otherwise: number) =>
    value === false ? Infinity : value ?? otherwise;
  const {
    freeBytes = Math.max(FREE_SEGMENTS * segmentBytes, LEAST_FREE_BYTES),
  } = options;
  return {
    queuedRecords: of(options.queuedRecords, 10_000),
    flushMs: of(options.flushMs, 100),
    stallMs: of(options.stallMs, 5000),
    storedBytes: of(options.storedBytes, 1_000_000_000),
    freeBytes: freeBytes === false || freeBytes === Infinity ? 0 : freeBytes,
    cursorLagRecords: of(options.cursorLagRecords, 100_000),
    clearMs: options.clearMs ?? 10_000,
  };
}

const NAMES: readonly (keyof AlertOptions)[] = [
  ...["queuedRecords", "flushMs", "stallMs", "storedBytes"] as const,
  ...["freeBytes", "cursorLagRecords", "clearMs"] as const,
];

/** Throws `TypeError` or `RangeError` for bad options. */
export function checkAlerts(action: string, options: AlertOptions): void {
  requireOptions(action, options, NAMES);
  const { clearMs = 0, ...thresholds } = options;
  requireAmount(action, "alerts.clearMs", clearMs);
  for (const [name, value = 0] of Object.entries(thresholds)) {
    const isThreshold = typeof value === "number" && value >= 0;
    if (value === false || isThreshold) continue;
    const rule = "a number of at least 0, or false";
    throw argumentError(action, `alerts.${name}`, rule, value);
  }
}

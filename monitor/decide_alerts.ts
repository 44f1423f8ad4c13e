import type { Alert, AlertName, Thresholds } from "./alert_options.ts";

/** What a log is like, as far as alerts are concerned. */
export interface AlertFigures {
  /** When they were taken, in ms on the log's clock. */
  readonly now: number;
  /** The same in ms since 1970. */
  readonly at: number;
  /** Records that wait, in the queue or for room: the maximum since then. */
  readonly queuedRecords: number;
  /** Ms that the slowest flush took since the figures before. */
  readonly flushMs: number;
  /** Ms since the write or sync in progress began, or that one took since. */
  readonly stallMs: number;
  /** Bytes on storage. */
  readonly storedBytes: number;
  /** Bytes that can still be written; absent if that is not known. */
  readonly freeBytes?: number | undefined;
  /** Records that consumers have not committed, by cursor. */
  readonly cursors: ReadonlyMap<string, number>;
  /** What is wrong with the log. */
  readonly troubles: readonly string[];
}

/** The alerts that are raised, by name and cursor. */
export type RaisedAlerts = ReadonlyMap<string, RaisedAlert>;

/** An alert that is raised. */
export interface RaisedAlert {
  readonly alert: Alert;
  /** When there was last a reason for it, in ms on the log's clock. */
  readonly lastAt: number;
}

/** A figure that is compared with a threshold. */
interface Condition {
  readonly name: AlertName;
  readonly value: number;
  readonly threshold: number;
  readonly cursor?: string;
  /** What is the case, for a message. */
  readonly text: string;
}

/**
 * Decides which alerts begin and which end. One begins as soon as there is a
 * reason for it, and ends once there was none for `clearMs`: so it never
 * flutters, whatever the figure does.
 */
export function decideAlerts(
  before: RaisedAlerts,
  figures: AlertFigures,
  thresholds: Thresholds,
): { raised: RaisedAlerts; changes: Alert[] } {
  const raised = new Map(before);
  const changes: Alert[] = [];
  const { now } = figures;
  const conditions = conditionsOf(figures, thresholds);
  for (const condition of conditions.filter(isMet)) {
    const key = keyOf(condition);
    const alert = before.get(key)?.alert ?? alertOf(condition, figures);
    if (!before.has(key)) changes.push(alert);
    raised.set(key, { alert, lastAt: now });
  }
  for (const [key, { alert, lastAt }] of raised) {
    const isOver = lastAt !== now && now - lastAt >= thresholds.clearMs;
    if (!isOver) continue;
    raised.delete(key);
    const condition = conditions.find((one) => keyOf(one) === key);
    changes.push(clear(alert, figures.at, condition?.value));
  }
  return { raised, changes };
}

/** The end of an alert, with the figure as it is now, if that is known. */
export function clear(alert: Alert, at: number, value = alert.value): Alert {
  const { message } = alert;
  return {
    ...alert,
    ...{ state: "cleared", value, at, message: `no longer: ${message}` },
  };
}

function conditionsOf(
  figures: AlertFigures,
  thresholds: Thresholds,
): Condition[] {
  const { queuedRecords, flushMs, stallMs, storedBytes, freeBytes } = figures;
  const of = (
    name: Exclude<AlertName, "unhealthy">,
    value: number,
    text: (most: number) => string,
    cursor?: string,
  ): Condition => {
    const { [name]: threshold } = thresholds;
    const named = cursor === undefined ? {} : { cursor };
    return { name, value, threshold, text: text(threshold), ...named };
  };
  const ms = (value: number) => `${Math.round(value)} ms`;
  return [
    of(
      "queuedRecords",
      queuedRecords,
      (most) =>
        `${queuedRecords} records wait to be flushed, more than ${most}`,
    ),
    of(
      "flushMs",
      flushMs,
      (most) => `a flush took ${ms(flushMs)}, more than ${most} ms`,
    ),
    of(
      "stallMs",
      stallMs,
      (most) => `a write or sync takes ${ms(stallMs)}, more than ${most} ms`,
    ),
    of(
      "storedBytes",
      storedBytes,
      (most) =>
        `the log takes ${storedBytes} bytes on storage, more than ${most}`,
    ),
    ...freeBytes === undefined ? [] : [
      of(
        "freeBytes",
        freeBytes,
        (least) =>
          `the storage has ${freeBytes} bytes left, less than ${least}`,
      ),
    ],
    ...[...figures.cursors].map(([cursor, lag]) =>
      of(
        "cursorLagRecords",
        lag,
        (most) =>
          `cursor "${cursor}" lags by ${lag} records, more than ${most}`,
        cursor,
      )
    ),
    {
      ...{ name: "unhealthy", value: figures.troubles.length, threshold: 0 },
      text: figures.troubles.join("; "),
    },
  ];
}

function isMet({ name, value, threshold }: Condition): boolean {
  return name === "freeBytes" ? value < threshold : value > threshold;
}

function keyOf({ name, cursor }: Condition): string {
  return cursor === undefined ? name : `${name} ${cursor}`;
}

function alertOf(
  { name, value, threshold, cursor, text }: Condition,
  { at }: AlertFigures,
): Alert {
  const named = cursor === undefined ? {} : { cursor };
  return {
    ...{ name, state: "raised", value, threshold, ...named },
    ...{ message: text, at },
  };
}

import { argumentError, requireType } from "../argument.ts";
import type { BatchSource } from "../storage/frame_log.ts";
import { findByTime } from "./find_by_time.ts";
import type { LogSource } from "./log_source.ts";
import { reverseBatches } from "./reverse_batches.ts";

/** What takes more than two LSNs. */
export interface SpecialRead {
  /** Leaves out the records written before this time. */
  readonly since?: Date | number | undefined;
  /** Whether to begin with the last record. */
  readonly reverse?: boolean | undefined;
}

/** The records to read, both bounds included. */
export interface ReadRange {
  readonly from: number;
  readonly to: number;
}

/**
 * Begins a read by time or backwards, of the records that `range` returns once
 * the options are checked; `undefined` if there is none. At first, it reads
 * `atOnce` records at once.
 */
export async function beginSpecially(
  log: LogSource,
  { since, reverse }: SpecialRead,
  range: () => ReadRange,
  atOnce?: number,
): Promise<{ batches: BatchSource; to: number; cuts: number } | undefined> {
  if (reverse !== undefined) requireType("read", "reverse", reverse, "boolean");
  const time = since === undefined
    ? undefined
    : requireTime("read", "since", since);
  const { from: first, to } = range();
  const { cuts } = log;
  const from = time === undefined
    ? first
    : Math.max(first, await findByTime(log, time));
  if (from > to) return undefined;
  const batches = reverse
    ? reverseBatches(log, from, to, atOnce)
    : log.read(from, to);
  return { batches, to, cuts };
}

/** Returns `time` in ms since 1970; throws unless it is a valid time. */
export function requireTime(
  action: string,
  name: string,
  time: unknown,
): number {
  const isTime = typeof time === "number" || time instanceof Date;
  const ms = isTime ? Number(time) : NaN;
  if (Number.isFinite(ms)) return ms;
  const rule = "a valid Date, or a finite number of ms since 1970";
  throw argumentError(action, name, rule, time, isTime);
}

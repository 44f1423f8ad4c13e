import { argumentError, requireType } from "../argument.ts";

/** Throws `TypeError` unless `signal` is absent or an `AbortSignal`. */
export function requireSignal(action: string, signal: unknown): void {
  if (signal === undefined) return;
  const { aborted, addEventListener } = Object(signal);
  if (typeof aborted === "boolean" && typeof addEventListener === "function") {
    return;
  }
  throw argumentError(action, "signal", "an AbortSignal", signal, false);
}

/** Throws `TypeError` unless `flag` is absent or a boolean. */
export function requireFlag(action: string, name: string, flag: unknown): void {
  if (flag !== undefined) requireType(action, name, flag, "boolean");
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

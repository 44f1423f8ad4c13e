import { argumentError } from "../argument.ts";

/** Throws `TypeError` unless `signal` is absent or an `AbortSignal`. */
export function requireSignal(action: string, signal: unknown): void {
  if (signal === undefined) return;
  const { aborted, addEventListener } = Object(signal);
  if (typeof aborted === "boolean" && typeof addEventListener === "function") {
    return;
  }
  throw argumentError(action, "signal", "an AbortSignal", signal, false);
}

import type { Arrival } from "./arrival.ts";

/** Throws unless `arrival` can come after one at `earliest`. */
export function requireArrival(arrival: Arrival, earliest: number): Arrival {
  const { at, bytes, records = 1 } = arrival;
  if (!(at >= earliest && at < Infinity)) {
    throw refusal("an arrival's at", `a finite number from ${earliest} on`, at);
  }
  requireAmount("an arrival's bytes", bytes);
  if (Number.isSafeInteger(records) && records >= 1) return arrival;
  throw refusal("an arrival's records", "an integer of at least 1", records);
}

/** Throws unless `value` is a finite number of at least 0. */
export function requireAmount(name: string, value: unknown): number {
  if (typeof value === "number" && value >= 0 && value < Infinity) return value;
  throw refusal(name, "a finite number of at least 0", value);
}

/** Throws unless `value` is a finite number above 0. */
export function requirePositive(name: string, value: unknown): number {
  if (typeof value === "number" && value > 0 && value < Infinity) return value;
  throw refusal(name, "a finite number above 0", value);
}

/** Throws unless `value` is an integer of at least 1. */
export function requireCount(name: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 1) {
    return value as number;
  }
  throw refusal(name, "an integer of at least 1", value);
}

/** Throws unless `value` has the methods. */
export function requireMethods(
  name: string,
  value: unknown,
  ...methods: PropertyKey[]
): void {
  const object = Object(value) as Record<PropertyKey, unknown>;
  if (methods.every((method) => typeof object[method] === "function")) return;
  const words = methods.map(String).join(" and ");
  throw new TypeError(
    `Cannot simulate as ${name} must be an object with ${words}: received ${
      String(value)
    }`,
  );
}

function refusal(name: string, rule: string, value: unknown): Error {
  const message = `Cannot simulate as ${name} must be ${rule}: received ${
    String(value)
  }`;
  return typeof value === "number"
    ? new RangeError(message)
    : new TypeError(message);
}

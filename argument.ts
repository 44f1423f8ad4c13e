/**
 * Checks of arguments, so that every refusal is worded alike.
 *
 * A value of the wrong type is a `TypeError`; a value of the right type that is
 * out of range is a `RangeError`.
 *
 * @module
 */

/** The error for an argument that breaks `rule`. */
export function argumentError(
  action: string,
  name: string,
  rule: string,
  value: unknown,
  hasRightType = typeof value === "number",
): TypeError | RangeError {
  const shown = typeof value === "string" ? `"${value}"` : String(value);
  const message =
    `Cannot ${action} because ${name} must be ${rule}: received ${shown}`;
  return hasRightType ? new RangeError(message) : new TypeError(message);
}

/** Returns `value` if it is an integer from `least` to `most`, or throws. */
export function requireInteger(
  action: string,
  name: string,
  value: unknown,
  least = 1,
  most = Infinity,
): number {
  const number = value as number;
  if (Number.isSafeInteger(value) && number >= least && number <= most) {
    return number;
  }
  const rule = most === Infinity
    ? `an integer of at least ${least}`
    : `an integer from ${least} to ${most}`;
  throw argumentError(action, name, rule, value);
}

/** Returns `value` if it is a finite number of at least 0, or throws. */
export function requireAmount(
  action: string,
  name: string,
  value: unknown,
): number {
  if (typeof value === "number" && value >= 0 && value < Infinity) return value;
  throw argumentError(action, name, "a finite number of at least 0", value);
}

/** Returns `value` if it is a finite number above 0, or throws. */
export function requirePositive(
  action: string,
  name: string,
  value: unknown,
): number {
  if (typeof value === "number" && value > 0 && value < Infinity) return value;
  throw argumentError(action, name, "a finite number above 0", value);
}

/** Throws `TypeError` unless `value` has the `methods`. */
export function requireMethods(
  action: string,
  name: string,
  value: unknown,
  ...methods: PropertyKey[]
): void {
  const object = Object(value) as Record<PropertyKey, unknown>;
  if (methods.every((method) => typeof object[method] === "function")) return;
  const words = methods.map(String).join(" and ");
  const rule = `an object with ${words}`;
  throw argumentError(action, name, rule, value, false);
}

/**
 * Throws `TypeError` unless `options` is an object with only `known` names.
 * Otherwise a misspelled option would be silently ignored.
 */
export function requireOptions(
  action: string,
  options: unknown,
  known: readonly string[],
): void {
  if (typeof options !== "object" || options === null) {
    throw argumentError(action, "its options", "an object", options, false);
  }
  for (const name in options) {
    if (known.includes(name) || !Object.hasOwn(options, name)) continue;
    const near = nearestName(name, known);
    const hint = near === undefined
      ? `the options are ${known.join(", ")}`
      : `did you mean ${near}?`;
    throw new TypeError(
      `Cannot ${action} because there is no option ${name}: ${hint}`,
    );
  }
}

/**
 * The name nearest to `name`, unless more than a third would have to change.
 */
export function nearestName(
  name: string,
  names: readonly string[],
): string | undefined {
  let nearest: string | undefined;
  let least = Infinity;
  for (const candidate of names) {
    const edits = countEdits(name.toLowerCase(), candidate.toLowerCase());
    if (edits >= least) continue;
    least = edits;
    nearest = candidate;
  }
  return least <= Math.ceil(name.length / 3) ? nearest : undefined;
}

/**
 * The number of letters to insert, remove or replace to turn `from` into `to`.
 */
function countEdits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let at = 1; at <= from.length; at++) {
    const above = row;
    row = [at];
    for (let index = 1; index <= to.length; index++) {
      const replaced = from[at - 1] === to[index - 1] ? 0 : 1;
      row[index] = Math.min(
        above[index] + 1,
        row[index - 1] + 1,
        above[index - 1] + replaced,
      );
    }
  }
  return row[to.length];
}

/**
 * Checks of arguments, so that every refusal is worded alike.
 *
 * A value of the wrong type is a `TypeError`, and so is a word that is not one
 * of the choices; a number that is out of range is a `RangeError`.
 *
 * @module
 */

/** Says that `name` breaks `rule`. */
export function mustBe(name: string, rule: string, shown: string): string {
  return `${name} must be ${rule}: received ${shown}`;
}

/** The error for an argument that breaks `rule`. */
export function argumentError(
  action: string,
  name: string,
  rule: string,
  value: unknown,
  hasRightType = typeof value === "number",
): TypeError | RangeError {
  const shown = typeof value === "string" ? `"${value}"` : String(value);
  const message = `Cannot ${action} because ${mustBe(name, rule, shown)}`;
  return hasRightType ? new RangeError(message) : new TypeError(message);
}

/** Whether `value` is an integer from `least` to `most`. */
export function isInteger(
  value: unknown,
  least = 1,
  most = Infinity,
): value is number {
  const number = value as number;
  return Number.isSafeInteger(value) && number >= least && number <= most;
}

/** What {@linkcode isInteger} demands. */
export function integerRule(least = 1, most = Infinity): string {
  return most === Infinity
    ? `an integer of at least ${least}`
    : `an integer from ${least} to ${most}`;
}

/** Returns `value` if it is an integer from `least` to `most`, or throws. */
export function requireInteger(
  action: string,
  name: string,
  value: unknown,
  least = 1,
  most = Infinity,
): number {
  if (isInteger(value, least, most)) return value;
  throw argumentError(action, name, integerRule(least, most), value);
}

/** Whether `value` is a finite number of at least `least`. */
export function isAmount(value: unknown, least = 0): value is number {
  return Number.isFinite(value) && (value as number) >= least;
}

/** What {@linkcode isAmount} demands. */
export function amountRule(least = 0): string {
  return `a finite number of at least ${least}`;
}

/** Returns `value` if it is finite and at least `least`, or throws. */
export function requireAmount(
  action: string,
  name: string,
  value: unknown,
  least = 0,
): number {
  if (isAmount(value, least)) return value;
  throw argumentError(action, name, amountRule(least), value);
}

/** Returns `value` if it is a finite number above 0, or throws. */
export function requirePositive(
  action: string,
  name: string,
  value: unknown,
): number {
  if (isAmount(value) && value > 0) return value;
  throw argumentError(action, name, "a finite number above 0", value);
}

/** Words as in "one, two or three". */
export function eitherOf(words: readonly string[]): string {
  return words.join(", ").replace(/, ([^,]*)$/, " or $1");
}

/** Returns `value` if it is one of at least two `choices`, or throws. */
export function requireOneOf<const Choice extends string>(
  action: string,
  name: string,
  value: unknown,
  choices: readonly Choice[],
): Choice {
  if (choices.includes(value as Choice)) return value as Choice;
  const rule = eitherOf(choices.map((choice) => `"${choice}"`));
  throw argumentError(action, name, rule, value, false);
}

/** Throws `TypeError` unless `value` is of `type`. */
export function requireType(
  action: string,
  name: string,
  value: unknown,
  type: "boolean" | "function" | "string",
): void {
  const found = typeof value;
  if (found === type) return;
  throw argumentError(action, name, `a ${type}`, value, false);
}

/** Throws `TypeError` unless `value` has the method `method`. */
export function requireMethod(
  action: string,
  name: string,
  value: unknown,
  method: string,
): void {
  if (typeof Object(value)[method] === "function") return;
  const rule = `an object with a method ${method}`;
  throw argumentError(action, name, rule, value, false);
}

/** Throws `TypeError` unless `value` is an `AbortSignal`, of any realm. */
export function requireSignal(action: string, value: unknown): void {
  const { aborted, addEventListener } = Object(value);
  if (typeof aborted === "boolean" && typeof addEventListener === "function") {
    return;
  }
  throw argumentError(action, "signal", "an AbortSignal", value, false);
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

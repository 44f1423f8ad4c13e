/** Throws unless `value` is an integer of at least 1. */
export function requirePositiveInteger(name: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 1) {
    return value as number;
  }
  const right = typeof value === "number";
  throw argumentError(name, "an integer of at least 1", value, right);
}

/** Throws unless `value` is a finite number of at least 0. */
export function requireDuration(name: string, value: unknown): number {
  if (typeof value === "number" && value >= 0 && value < Infinity) return value;
  const right = typeof value === "number";
  throw argumentError(name, "a finite number of at least 0", value, right);
}

/** Throws unless `value` holds integers of at least 2 that rise. */
export function requireLadder(
  name: string,
  value: unknown,
): readonly number[] {
  const rises = Array.isArray(value) && value.length > 0 &&
    value.every((rung, index) =>
      Number.isSafeInteger(rung) && rung > (index > 0 ? value[index - 1] : 1)
    );
  if (rises) return [...value];
  const rule = "an array of integers of at least 2 that rise";
  throw argumentError(name, rule, value, Array.isArray(value));
}

/** Throws unless `value` is one of the two words of `whenIdle`. */
export function requireWhenIdle(
  policy: string,
  value: unknown,
): "flush" | "wait" {
  if (value === "flush" || value === "wait") return value;
  const right = typeof value === "string";
  throw argumentError(`${policy} whenIdle`, `"flush" or "wait"`, value, right);
}

/** Throws unless `value` is an object that has none but the options `names`. */
export function requireOptions(
  policy: string,
  value: unknown,
  names: readonly string[],
): void {
  if (typeof value !== "object" || value === null) {
    throw new TypeError(
      `Cannot make ${policy} as its options must be an object: received ${
        show(value)
      }`,
    );
  }
  const unknown = Object.keys(value).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new TypeError(
    `Cannot make ${policy} as ${unknown} is no option: there are ` +
      names.join(", "),
  );
}

function argumentError(
  name: string,
  rule: string,
  value: unknown,
  hasRightType: boolean,
): Error {
  const message = `Cannot use ${name} as it must be ${rule}: received ${
    show(value)
  }`;
  return hasRightType ? new RangeError(message) : new TypeError(message);
}

function show(value: unknown): string {
  return typeof value === "string" ? `"${value}"` : String(value);
}

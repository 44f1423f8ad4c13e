import { argumentError } from "../argument.ts";

/** Returns `value` if it is `"flush"` or `"wait"`, or throws. */
export function requireWhenIdle(
  policy: string,
  value: unknown,
): "flush" | "wait" {
  if (value === "flush" || value === "wait") return value;
  const rule = `"flush" or "wait"`;
  const isWord = typeof value === "string";
  throw argumentError(`create a ${policy}`, "whenIdle", rule, value, isWord);
}

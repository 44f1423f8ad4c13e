import { parseArgs, type ParseArgsConfig } from "node:util";

const HELP = { help: { type: "boolean", short: "h" } } as const;

/** Reads `options`, and `--help`, anywhere; throws {@linkcode UsageError}. */
export function parseArguments<
  const T extends NonNullable<ParseArgsConfig["options"]>,
>(args: string[], options: T) {
  try {
    return parseArgs({
      args,
      options: { ...options, ...HELP },
      allowPositionals: true,
    });
  } catch (error) {
    // What follows the first sentence is about positional arguments.
    const [message] = (error as Error).message.split(". ");
    throw new UsageError(message);
  }
}

/** The one argument of `command`, a `kind`; throws {@linkcode UsageError}. */
export function onlyArgument(
  command: string,
  kind: "directory" | "trace",
  positionals: string[],
): string {
  const [argument = "", ...more] = positionals;
  if (argument !== "" && more.length === 0) return argument;
  throw new UsageError(
    `${command} takes one ${kind}: received ` +
      (positionals.length === 0
        ? "none"
        : positionals.map((text) => `"${text}"`).join(" ")),
  );
}

const UNITS: ReadonlyMap<string, number> = new Map([
  ["k", 1024],
  ["m", 1024 ** 2],
  ["g", 1024 ** 3],
]);

/** An integer of at least 1, in decimal; throws {@linkcode UsageError}. */
export function parseInteger(subject: string, text: string): number {
  return requireInteger(subject, text, text, 1);
}

/** As {@linkcode parseInteger}, in bytes, or in KiB, MiB, GiB: `64k`. */
export function parseBytes(subject: string, text: string): number {
  const unit = UNITS.get(text.slice(-1).toLowerCase());
  return unit === undefined
    ? requireInteger(subject, text, text, 1)
    : requireInteger(subject, text, text.slice(0, -1), unit);
}

/** A number of at least 0, in ms; throws {@linkcode UsageError}. */
export function parseDuration(subject: string, text: string): number {
  const value = text.trim() === "" ? NaN : Number(text);
  if (value >= 0 && value < Infinity) return value;
  throw refusal(subject, "number of milliseconds", text);
}

/** A number above 0, in seconds; throws {@linkcode UsageError}. */
export function parseSeconds(subject: string, text: string): number {
  const value = Number(text);
  if (value > 0 && value < Infinity) return value;
  throw refusal(subject, "number of seconds above 0", text);
}

/** A number of at least 0; throws {@linkcode UsageError}. */
export function parsePrice(subject: string, text: string): number {
  const value = text.trim() === "" ? NaN : Number(text);
  if (value >= 0 && value < Infinity) return value;
  throw refusal(subject, "price of at least 0", text);
}

function requireInteger(
  subject: string,
  text: string,
  digits: string,
  unit: number,
): number {
  const value = Number(digits) * unit;
  const valid = Number.isSafeInteger(value) && value >= 1 &&
    String(Number(digits)) === digits;
  if (valid) return value;
  throw refusal(subject, "whole number of at least 1", text);
}

function refusal(subject: string, rule: string, text: string): UsageError {
  return new UsageError(
    `${subject} must be a ${rule}: received "${text}"`,
  );
}

/** The arguments make no sense. */
export class UsageError extends Error {
  /** The class's name. */
  override readonly name = "UsageError";
}

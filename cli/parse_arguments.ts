import { parseArgs, type ParseArgsConfig } from "node:util";
import { UsageError } from "./usage_error.ts";

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

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
    throw new UsageError((error as Error).message);
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
    `Cannot run ${command} as it takes one ${kind}: received ` +
      (positionals.length === 0
        ? "none"
        : positionals.map((text) => `"${text}"`).join(" ")),
  );
}

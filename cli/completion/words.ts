import type { CliCommand } from "../command.ts";

/** An option as a shell offers it. */
export interface OfferedOption {
  /** Its forms, such as `--follow` and `-f`. */
  readonly forms: readonly string[];
  /** Whether a value follows. */
  readonly takesValue: boolean;
  /** What the value can be. */
  readonly values: CliCommand["operand"] | undefined;
}

/** The options of a command, and the help that each one has. */
export function offeredOptions({ options }: CliCommand): OfferedOption[] {
  const own = Object.entries(options).map(([name, option]) => ({
    forms: [
      `--${name}`,
      ...(option.short === undefined ? [] : [`-${option.short}`]),
    ],
    takesValue: option.type === "string",
    values: option.values,
  }));
  const help = {
    forms: ["--help", "-h"],
    takesValue: false,
    values: undefined,
  };
  return [...own, help];
}

/** What can be typed instead of a command. */
export const GENERAL = ["help", "--help", "--version"] as const;

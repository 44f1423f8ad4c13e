import { parseArgs } from "node:util";
import { mustBe } from "../argument.ts";
import { INTEGER, type NumberNotation } from "../policies/parse_policy.ts";
import type { CliIo } from "./io/cli_io.ts";

/** What can be typed in a place: one of some words, or a path. */
export type Values = readonly string[] | "directory" | "file";

/** An option of a command. */
interface CliOption {
  readonly type: "string" | "boolean";
  /** Its one-letter form. */
  readonly short?: string;
  /** Whether it may be given more than once. */
  readonly multiple?: boolean;
  /** What its value can be, for completion; absent if nothing can be listed. */
  readonly values?: Values;
}

/** The options of a command, by their names without dashes. */
export type OptionTable = Readonly<Record<string, CliOption>>;

/** A command of the tool. */
export interface CliCommand<Options = unknown> {
  /** The word that calls it. */
  readonly name: string;
  /** What it does, for the list of commands; one line. */
  readonly summary: string;
  /** What `wal NAME --help` prints. */
  readonly help: string;
  /** Its one argument that is not an option. */
  readonly operand: Values;
  /** Its options; the parser and the completion both read this table. */
  readonly options: OptionTable;
  /** The exit code for bad arguments. Default: 2. */
  readonly usageExitCode?: number;
  /**
   * Reads the arguments after the name. Throws {@linkcode UsageError}, or a
   * `RangeError` or `TypeError` whose message suits the user.
   */
  parse(args: string[]): Options;
  /** Runs it; resolves with the exit code. */
  run(options: Options, io: CliIo): Promise<number>;
}

/** The arguments make no sense. */
export class UsageError extends Error {
  /** The class's name. */
  override readonly name = "UsageError";
}

/** Reads `options`, anywhere among `args`; throws {@linkcode UsageError}. */
export function parseArguments<const T extends OptionTable>(
  args: string[],
  options: T,
) {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    // The sentences after the first advise on positional arguments.
    const [message] = (error as Error).message.split(". ");
    throw new UsageError(message);
  }
}

/** Returns the one argument of `command`, or throws {@linkcode UsageError}. */
export function onlyArgument(
  command: string,
  kind: "directory" | "trace" | "shell",
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

/** Returns the two directories given, or throws {@linkcode UsageError}. */
export function twoDirectories(
  command: string,
  positionals: string[],
): [from: string, to: string] {
  const [from = "", to = "", ...more] = positionals;
  if (from !== "" && to !== "" && more.length === 0) return [from, to];
  throw new UsageError(
    `${command} takes two directories: received ` +
      (positionals.length === 0
        ? "none"
        : positionals.map((text) => `"${text}"`).join(" ")),
  );
}

/** Options of a command that only looks at a log. */
export interface DirectoryOptions {
  readonly directory: string;
  readonly json: boolean;
}

/** The only option of such a command. */
export const JSON_OPTION = { json: { type: "boolean" } } as const;

/** Reads the arguments of such a command: `DIR` and `--json`. */
export function parseDirectory(
  command: string,
  args: string[],
): DirectoryOptions {
  const { values, positionals } = parseArguments(args, JSON_OPTION);
  return {
    directory: onlyArgument(command, "directory", positionals),
    json: values.json ?? false,
  };
}

/** The error for an argument that breaks `rule`. */
export function refusal(
  name: string,
  rule: string,
  text: string,
): UsageError {
  return new UsageError(mustBe(name, rule, `"${text}"`));
}

/** Returns the number given for `option`, or throws {@linkcode UsageError}. */
export function parseNumber(
  option: string,
  text: string,
  { parse, rule }: NumberNotation = INTEGER,
): number {
  const value = parse(text);
  if (!Number.isNaN(value)) return value;
  throw refusal(option, rule, text);
}

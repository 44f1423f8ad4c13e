import { LogLockedError } from "../../storage/storage.ts";
import { type CliCommand, UsageError } from "../command.ts";
import { type CliIo, EXIT, InterruptedError, writeLine } from "./cli_io.ts";

/** What an error may say in addition to its message, by the names in JSON. */
const DETAILS = {
  path: "file",
  segment: "file",
  location: "file",
  offset: "offset",
  code: "errno",
  lsn: "lsn",
  firstLsn: "firstLsn",
  lastLsn: "lastLsn",
  inputLine: "line",
  pid: "pid",
} as const;

/**
 * An error as `--json` shows it. The names are an interface, which docs/cli.md
 * lists.
 */
export function errorToJson(error: unknown): Record<string, unknown> {
  const details = Object.entries(DETAILS).flatMap(([from, to]) => {
    const value = (Object(error) as Record<string, unknown>)[from];
    return value === undefined || value === "" ? [] : [[to, value]];
  });
  const message = messageOf(error);
  return { code: codeOf(error), message, ...Object.fromEntries(details) };
}

/** What an error of the language or of the runtime is called. */
const OTHER = "failed";

/** `corrupt-log` for a `CorruptLogError`, and so on. */
function codeOf(error: unknown): string {
  if (error instanceof InterruptedError) return "interrupted";
  const { name } = Object(error) as { name?: unknown };
  const [, words] = /^([A-Z]\w+)Error$/.exec(String(name)) ?? [];
  if (words === undefined || words in LANGUAGE) return OTHER;
  return words.replaceAll(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase();
}

/** Errors whose name says nothing about the log. */
const LANGUAGE = { Range: 1, Type: 1, Syntax: 1, Aggregate: 1 };

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const TAKE_OVER_HINT = "\nIf that process is gone or hung, retry with " +
  "--take-over. It will then acknowledge nothing further";

/** Writes an error on standard error; resolves with the exit code. */
export async function reportError(
  error: unknown,
  io: CliIo,
  { json, command }: { json: boolean; command?: CliCommand | undefined },
): Promise<number> {
  const line = json
    ? JSON.stringify(errorToJson(error))
    : `wal: ${messageOf(error)}${hintFor(error, command)}`;
  await writeLine(io.stderr, line).catch(() => {});
  if (!(error instanceof UsageError)) return EXIT.failure;
  return command?.usageExitCode ?? EXIT.usage;
}

function hintFor(error: unknown, command: CliCommand | undefined): string {
  if (error instanceof UsageError) {
    const topic = command === undefined ? "" : `${command.name} `;
    return `\nTry "wal ${topic}--help"`;
  }
  const isLocked = error instanceof LogLockedError &&
    command !== undefined && "take-over" in command.options;
  return isLocked && !error.message.includes("--take-over")
    ? TAKE_OVER_HINT
    : "";
}

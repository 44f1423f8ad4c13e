import { COMMANDS } from "./commands.ts";
import { type CliCommand, refusal, UsageError } from "./command.ts";
import {
  type CliIo,
  EXIT,
  InterruptedError,
  signalExitCode,
  writeLine,
} from "./io/cli_io.ts";
import { reportError } from "./io/report_error.ts";
import { VERSION } from "./version.ts";

const NAME_WIDTH = 12;

const SUMMARIES = COMMANDS.map(({ name, summary }) =>
  `  ${name.padEnd(NAME_WIDTH)}${summary}`
).join("\n");

const HELP = `Usage: wal COMMAND DIR [OPTIONS]

Appends to, reads, watches, checks, repairs and backs up the write-ahead log in
the directory DIR. "backup" and "restore" take a second directory; "lab" takes a
trace file instead, and "completion" a shell.

${SUMMARIES}

  --help, -h       show this text; "wal COMMAND --help" says more
  --version, -V    show the version; with --json as {"version":"..."}

With --json, every command that prints anything prints JSON, and an error is an
object on standard error: {"code":"...","message":"..."}.

Exit codes: 0 success, 1 failure or damage, 2 bad arguments; 129 after SIGHUP,
130 after SIGINT, 143 after SIGTERM. "status" has other ones, for monitors. The
first signal ends any command cleanly.`;

/** Runs the tool; resolves with the exit code and never rejects. */
export async function runCli(
  args: readonly string[],
  io: CliIo,
): Promise<number> {
  const [name = "", ...rest] = args;
  const command = findCommand(name);
  const json = hasFlag(args, "--json");
  try {
    if (command === undefined) return await runWithout(name, rest, io);
    if (hasFlag(rest, "--help", "-h")) return await print(command.help, io);
    refuseStorage(command, rest);
    return await command.run(parse(command, rest), io);
  } catch (error) {
    // The reader of our output has had enough, as in `wal cat DIR | head`.
    if ((error as { code?: string })?.code === "EPIPE") return EXIT.ok;
    if (error instanceof InterruptedError) {
      if (error.message !== "") await reportError(error, io, { json });
      return signalExitCode(io.interrupt.reason);
    }
    return await reportError(error, io, { json, command });
  }
}

function findCommand(name: string): CliCommand | undefined {
  return COMMANDS.find((command) => command.name === name);
}

/** What can be asked for without naming a command. */
async function runWithout(
  name: string,
  rest: readonly string[],
  io: CliIo,
): Promise<number> {
  switch (name) {
    case "help":
    case "-h":
    case "--help":
      return await print(findCommand(rest[0])?.help ?? HELP, io);
    case "-V":
    case "--version":
      return await print(
        hasFlag(rest, "--json")
          ? JSON.stringify({ version: VERSION })
          : VERSION,
        io,
      );
    case "":
      throw new UsageError("a command must be given: received none");
  }
  const names = COMMANDS.map(({ name }) => name).join(", ");
  throw refusal("the command", `one of ${names}, help`, name);
}

/** What follows `--` is not an option. */
function hasFlag(args: readonly string[], ...flags: string[]): boolean {
  const end = args.indexOf("--");
  const options = end === -1 ? args : args.slice(0, end);
  return flags.some((flag) => options.includes(flag));
}

/** Says which commands do work on object storage. */
function refuseStorage({ name, options }: CliCommand, args: string[]): void {
  const isGiven = args.some((arg) => /^--storage(=|$)/.test(arg));
  if (!isGiven || "storage" in options) return;
  const others = COMMANDS.filter(({ options }) => "storage" in options);
  throw new UsageError(
    `${name} needs a directory: --storage is an option of ` +
      others.map(({ name }) => name).join(", "),
  );
}

/** What the library refuses in an argument is a usage error here. */
function parse(command: CliCommand, args: string[]): unknown {
  try {
    return command.parse(args);
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) {
      throw new UsageError(error.message);
    }
    throw error;
  }
}

async function print(text: string, { stdout }: CliIo): Promise<number> {
  await writeLine(stdout, text);
  return EXIT.ok;
}

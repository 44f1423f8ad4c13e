import { LogLockedError } from "../storage/storage.ts";
import { append } from "./append/append.ts";
import { cat } from "./cat/cat.ts";
import { type CliCommand, refusal, UsageError } from "./command.ts";
import { doctor } from "./doctor/doctor.ts";
import { inspect } from "./examine/inspect.ts";
import { verify } from "./examine/verify.ts";
import {
  type CliIo,
  EXIT,
  InterruptedError,
  signalExitCode,
  writeLine,
} from "./io/cli_io.ts";
import { lab } from "./lab/lab.ts";
import { repair } from "./repair/repair.ts";
import { VERSION } from "./version.ts";

/** Every command, in the order of the help. */
const COMMANDS: readonly CliCommand[] = [
  ...[append, cat, inspect, verify, repair, doctor, lab],
];

const NAME_WIDTH = 10;

const SUMMARIES = COMMANDS.map(({ name, summary }) =>
  `  ${name.padEnd(NAME_WIDTH)}${summary}`
).join("\n");

const HELP = `Usage: wal COMMAND DIR [OPTIONS]

Appends to, reads, checks and repairs the write-ahead log in the directory DIR.
"lab" takes a trace file instead.

${SUMMARIES}

  --help, -h       show this text; "wal COMMAND --help" says more
  --version, -V    show the version

Exit codes: 0 success, 1 failure or damage, 2 bad arguments; 129 after SIGHUP,
130 after SIGINT, 143 after SIGTERM. The first signal ends any command cleanly.`;

/** Runs the tool; resolves with the exit code and never rejects. */
export async function runCli(
  args: readonly string[],
  io: CliIo,
): Promise<number> {
  const [name = "", ...rest] = args;
  const command = findCommand(name);
  try {
    if (command === undefined) return await runWithout(name, rest, io);
    if (asksForHelp(rest)) return await print(command.help, io);
    return await command.run(parse(command, rest), io);
  } catch (error) {
    // The reader of our output has had enough, as in `wal cat DIR | head`.
    if ((error as { code?: string })?.code === "EPIPE") return EXIT.ok;
    if (error instanceof InterruptedError) {
      if (error.message !== "") await report(error, io);
      return signalExitCode(io.interrupt.reason);
    }
    return await report(error, io, command);
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
      return await print(VERSION, io);
    case "":
      throw new UsageError("a command must be given: received none");
  }
  const names = COMMANDS.map(({ name }) => name).join(", ");
  throw refusal("the command", `one of ${names}, help`, name);
}

/** What follows `--` is not an option. */
function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  const options = end === -1 ? args : args.slice(0, end);
  return options.includes("--help") || options.includes("-h");
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

const TAKE_OVER_HINT = "\nIf that process is gone or hung, retry with " +
  "--take-over. It will then acknowledge nothing further";

async function report(
  error: unknown,
  io: CliIo,
  command?: CliCommand,
): Promise<number> {
  const message = error instanceof Error ? error.message : String(error);
  const isUsage = error instanceof UsageError;
  const topic = command === undefined ? "" : `${command.name} `;
  const isLocked = error instanceof LogLockedError &&
    !message.includes("--take-over");
  const hint = isUsage
    ? `\nTry "wal ${topic}--help"`
    : isLocked
    ? TAKE_OVER_HINT
    : "";
  await writeLine(io.stderr, `wal: ${message}${hint}`).catch(() => {});
  return isUsage ? EXIT.usage : EXIT.failure;
}

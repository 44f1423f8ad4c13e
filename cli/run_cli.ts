import { LogLockedError } from "../storage/log_locked_error.ts";
import { runAppend } from "./append.ts";
import { runCat } from "./cat.ts";
import { type CliIo, writeLine } from "./cli_io.ts";
import { runDoctor } from "./doctor.ts";
import { EXIT, signalExitCode } from "./exit_code.ts";
import { help } from "./help.ts";
import { InterruptedError } from "./interruptible_storage.ts";
import { runInspect } from "./inspect.ts";
import { runLab } from "./lab.ts";
import { type Command, isCommand, parseCommand } from "./parse_command.ts";
import { runRepair } from "./repair.ts";
import { UsageError } from "./usage_error.ts";
import { runVerify } from "./verify.ts";
import { VERSION } from "./version.ts";

/** Runs the tool; resolves with the exit code and never rejects. */
export async function runCli(
  args: readonly string[],
  io: CliIo,
): Promise<number> {
  try {
    return await run(parseCommand(args), io);
  } catch (error) {
    // Whoever reads our output has had enough, as in `wal cat DIR | head`.
    if ((error as { code?: string })?.code === "EPIPE") return EXIT.ok;
    if (error instanceof InterruptedError) {
      if (error.message !== "") await report(error, io);
      return signalExitCode(io.interrupt.reason);
    }
    return await report(error, io, args[0]);
  }
}

async function run(command: Command, io: CliIo): Promise<number> {
  switch (command.name) {
    case "append":
      return await runAppend(command, io);
    case "cat":
      return await runCat(command, io);
    case "inspect":
      return await runInspect(command, io);
    case "verify":
      return await runVerify(command, io);
    case "repair":
      return await runRepair(command, io);
    case "doctor":
      return await runDoctor(command, io);
    case "lab":
      return await runLab(command, io);
    case "help":
      await writeLine(io.stdout, help(command.topic));
      return EXIT.ok;
    case "version":
      await writeLine(io.stdout, VERSION);
      return EXIT.ok;
  }
}

const TAKE_OVER_HINT = '\nIf that process is gone or hangs, "--take-over" ' +
  "takes the log from it: it acknowledges nothing more";

async function report(
  error: unknown,
  io: CliIo,
  name?: string,
): Promise<number> {
  const message = error instanceof Error ? error.message : String(error);
  const isUsage = error instanceof UsageError;
  const topic = isCommand(name) ? `${name} ` : "";
  const hint = isUsage
    ? `\nTry "wal ${topic}--help"`
    : error instanceof LogLockedError
    ? TAKE_OVER_HINT
    : "";
  await writeLine(io.stderr, `wal: ${message}${hint}`).catch(() => {});
  return isUsage ? EXIT.usage : EXIT.failure;
}

import process from "node:process";
import type { CliIo, Output } from "./cli_io.ts";
import { signalExitCode } from "./exit_code.ts";

/**
 * `npm`, `npx` and `deno task` pass on a signal that the terminal has sent to
 * all of them already, so what follows at once is the same Ctrl-C again.
 */
const ECHO_MS = 500;

/** The streams and signals of this process. */
export function processIo(): CliIo {
  return {
    stdin: process.stdin,
    stdout: toOutput(process.stdout),
    stderr: toOutput(process.stderr),
    interrupt: interruptSignal(),
  };
}

function toOutput(stream: NodeJS.WriteStream): Output {
  // Each write reports its own failure; this keeps it from being thrown, too.
  stream.on("error", () => {});
  return {
    isTerminal: stream.isTTY === true,
    write: (bytes) =>
      new Promise((resolve, reject) => {
        stream.write(bytes, (error) => error ? reject(error) : resolve());
      }),
  };
}

/** The first signal asks for an end, a second one is the end. */
function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  let firstAt = 0;
  const hear = (signal: NodeJS.Signals) => {
    if (!controller.signal.aborted) {
      firstAt = performance.now();
      controller.abort(signal);
    } else if (performance.now() - firstAt > ECHO_MS) {
      process.exit(signalExitCode(signal));
    }
  };
  process.on("SIGINT", hear);
  process.on("SIGTERM", hear);
  return controller.signal;
}

import type { CliIo, Output } from "./cli_io.ts";
import process from "node:process";
import { readFileSync } from "node:fs";
import { signalExitCode } from "../exit_code.ts";

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
  // `nohup` asks for a closed terminal to be ignored. Deno forgets that with
  // the first listener, so it is asked before; Node has forgotten it already.
  const isHangupIgnored = isIgnored(SIGHUP);
  process.on("SIGHUP", isHangupIgnored ? () => {} : hear);
  process.on("SIGINT", hear);
  process.on("SIGTERM", hear);
  return controller.signal;
}

const SIGHUP = 1;

/** Whether this process was started to ignore a signal; known on Linux only. */
function isIgnored(signal: number): boolean {
  try {
    const status = readFileSync("/proc/self/status", "utf8");
    const [, mask] = /^SigIgn:\s*([0-9a-f]+)$/m.exec(status) ?? [];
    return mask !== undefined &&
      (BigInt(`0x${mask}`) >> BigInt(signal - 1) & 1n) === 1n;
  } catch {
    return false;
  }
}

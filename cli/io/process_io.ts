import { readFileSync } from "node:fs";
import process from "node:process";
import {
  type CliIo,
  type Output,
  signalExitCode,
  type Terminal,
} from "./cli_io.ts";

/**
 * `npm`, `npx` and `deno task` forward a signal that the terminal has already
 * sent to this process, so one that follows at once is the same Ctrl-C again.
 */
const ECHO_MS = 500;

/** The streams and signals of this process. */
export function processIo(): CliIo {
  return {
    stdin: process.stdin,
    stdout: toOutput(process.stdout),
    stderr: toOutput(process.stderr),
    interrupt: interruptSignal(),
    terminal: process.stdout.isTTY ? terminal() : undefined,
  };
}

function terminal(): Terminal {
  const { stdin, stdout } = process;
  return {
    size: () => ({ columns: stdout.columns ?? 80, rows: stdout.rows ?? 24 }),
    onKey(press) {
      if (!stdin.isTTY) return () => {};
      const listener = (bytes: Uint8Array) => press(bytes.toString());
      stdin.setRawMode(true);
      stdin.on("data", listener).resume();
      return () => {
        stdin.off("data", listener).pause();
        stdin.setRawMode(false);
      };
    },
  };
}

function toOutput(stream: NodeJS.WriteStream): Output {
  // Each write reports its own failure; without a listener, the stream would
  // throw it as well.
  stream.on("error", () => {});
  return {
    isTerminal: stream.isTTY === true,
    write: (bytes) =>
      new Promise((resolve, reject) => {
        stream.write(bytes, (error) => error ? reject(error) : resolve());
      }),
  };
}

/** The first signal asks the command to end; a second one ends the process. */
function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  let firstAt = 0;
  const listener = (signal: NodeJS.Signals) => {
    if (!controller.signal.aborted) {
      firstAt = performance.now();
      controller.abort(signal);
    } else if (performance.now() - firstAt > ECHO_MS) {
      process.exit(signalExitCode(signal));
    }
  };
  // `nohup` makes a process ignore SIGHUP. Deno loses that setting with the
  // first listener, so it is read before; Node has already lost it at startup.
  const isHangupIgnored = isIgnored(SIGHUP);
  process.on("SIGHUP", isHangupIgnored ? () => {} : listener);
  process.on("SIGINT", listener);
  process.on("SIGTERM", listener);
  return controller.signal;
}

const SIGHUP = 1;

/** Whether this process ignores a signal; known on Linux only. */
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

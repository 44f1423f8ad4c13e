import type Process from "node:process";
import { builtin } from "../builtin.ts";

/** A log that is open. */
export interface ExitingLog {
  /** Where it is. */
  readonly location: string;
  /** Records that would be lost if the process ended now. */
  lost(): number;
  /** Writes them, in calls that block. */
  closeSync(): void;
  /** Receives a message. */
  warn(message: string): void;
}

/** The open logs that care, and what they do. */
const watched = new Map<ExitingLog, "warn" | "flush">();

/** Whether the process tells that it exits. */
let isListening = false;

/**
 * Does what `atExit` says when the process ends by itself, or by
 * `process.exit` or `Deno.exit`; a signal or a crash does not count as one. Returns what
 * ends that.
 */
export function watchExit(
  log: ExitingLog,
  atExit: "warn" | "flush",
): () => void {
  watched.set(log, atExit);
  if (!isListening) listen();
  isListening = true;
  return () => void watched.delete(log);
}

/** One listener for all logs: Node warns about more than ten. */
function listen(): void {
  builtin<typeof Process>("node:process")?.on("exit", exiting);
  // Deno.exit() fires only this event.
  if ("Deno" in globalThis) globalThis.addEventListener("unload", exiting);
}

function exiting(): void {
  for (const [log, atExit] of watched) {
    watched.delete(log); // Deno may tell twice.
    const lost = log.lost();
    if (lost === 0) continue;
    const problem = atExit === "flush" ? flush(log) : "close() was not called";
    if (problem === undefined) continue;
    log.warn(
      `the process exits, and ${lost} records that were appended to ` +
        `"${log.location}" are lost: ${problem}`,
    );
  }
}

/** Returns why it could not flush, if it could not. */
function flush(log: ExitingLog): string | undefined {
  try {
    log.closeSync();
  } catch (error) {
    return String(error);
  }
}

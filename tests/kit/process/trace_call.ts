/** One system call, as `strace -f -y -xx` shows it. */
export interface TraceCall {
  /** The thread that made it. */
  readonly thread: number;
  /** Its name, such as `"fdatasync"`. */
  readonly name: string;
  /** Its arguments as printed, with strings still escaped. */
  readonly args: readonly string[];
  /** What it returned, -1 if it failed; `NaN` until then. */
  result: number;
  /** The error's name, such as `"EIO"`; empty if there was none. */
  error: string;
}

/**
 * A call begins and ends. Between the two other threads may do anything; at
 * `"end"` its effect is complete, and before `"start"` it has none.
 */
export interface TraceEvent {
  readonly at: "start" | "end";
  readonly call: TraceCall;
}

/** The descriptor at the start of an argument such as `7</tmp/file>`. */
export function descriptorOf(arg: string): number {
  return parseInt(arg, 10);
}

/** All strings within an argument, joined, as bytes. */
export function bytesOf(arg: string): Uint8Array {
  const hex = [...arg.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)]
    .map(([, escapes]) => escapes.replaceAll("\\x", ""))
    .join("");
  const bytes = new Uint8Array(hex.length / 2);
  for (let at = 0; at < bytes.length; at++) {
    bytes[at] = parseInt(hex.slice(2 * at, 2 * at + 2), 16);
  }
  return bytes;
}

/** All strings within an argument, joined, as text. */
export function textOf(arg: string): string {
  return new TextDecoder().decode(bytesOf(arg));
}

import type { ObjectStore } from "../../storage/s3/mod.ts";
import { StorageError } from "../../storage/storage_error.ts";

/** The meaning of the exit codes. */
export const EXIT = {
  /** All is well. */
  ok: 0,
  /** The command failed, or the log is damaged. */
  failure: 1,
  /** The arguments make no sense. */
  usage: 2,
} as const;

const SIGNAL_NUMBERS: Record<string, number | undefined> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGTERM: 15,
};

/** The exit code of a process that `signal` ended, by the shells' convention. */
export function signalExitCode(signal: unknown): number {
  return 128 + (SIGNAL_NUMBERS[String(signal)] ?? 2);
}

/**
 * The user interrupted the command. It is a `StorageError`, so that code which
 * collects damage does not mistake it for damage.
 */
export class InterruptedError extends StorageError {
  /** `message` says what was left undone; empty if there is nothing to say. */
  constructor(message: string) {
    super(message, "", "EINTR");
  }
}

/** Where a command writes. */
export interface Output {
  /** Whether it is a terminal, so that a person is looking. */
  readonly isTerminal: boolean;
  /** Resolves when the bytes are handed over and `bytes` may be reused. */
  write(bytes: Uint8Array): Promise<void>;
}

/** A terminal that a command can paint on. */
export interface Terminal {
  /** Its present size in characters. */
  size(): { readonly columns: number; readonly rows: number };
  /**
   * Calls `press` with each key, without waiting for Enter, until the function
   * that it returns is called. Meanwhile Ctrl-C is a key too, `"\x03"`, and no
   * signal.
   */
  onKey(press: (key: string) => void): () => void;
}

/** Everything a command may touch, except the file system. */
export interface CliIo {
  /** The input, in chunks that the command may keep. */
  readonly stdin: AsyncIterable<Uint8Array>;
  /** For what the user asked for. */
  readonly stdout: Output;
  /** For messages about it. */
  readonly stderr: Output;
  /** Aborted when the user interrupts; the reason is the signal's name. */
  readonly interrupt: AbortSignal;
  /** What `stdout` is, if that is a terminal. */
  readonly terminal?: Terminal | undefined;
  /** Opens object storage. Default: `S3Store.open`. */
  readonly openStore?: OpenStore | undefined;
}

/** Opens object storage, such as `s3://bucket/prefix`. */
export type OpenStore = (
  url: string,
  options: {
    readonly endpoint: string | undefined;
    readonly region: string | undefined;
  },
) => Promise<ObjectStore>;

const encoder = new TextEncoder();

/** Writes lines of text in one piece; the interrupt ends the wait for it. */
export async function writeLines(
  { stdout, interrupt }: CliIo,
  lines: Iterable<string>,
): Promise<void> {
  const text = [...lines].map((line) => `${line}\n`).join("");
  let stop = () => {};
  const stopped = new Promise<never>((_, reject) => {
    // The reader of our output may have stopped reading without closing it.
    stop = () => reject(new InterruptedError(""));
    if (interrupt.aborted) stop();
    else interrupt.addEventListener("abort", stop, { once: true });
  });
  try {
    await Promise.race([stdout.write(encoder.encode(text)), stopped]);
  } finally {
    interrupt.removeEventListener("abort", stop);
  }
}

/** Writes a line of text. */
export function writeLine(output: Output, line: string): Promise<void> {
  return output.write(encoder.encode(`${line}\n`));
}

/** Writes a message that is not an error on standard error. */
export function writeWarning(
  { stderr }: Pick<CliIo, "stderr">,
  json: boolean,
  message: string,
): Promise<void> {
  const line = json
    ? JSON.stringify({ code: "warning", message })
    : `wal: ${message}`;
  return writeLine(stderr, line);
}

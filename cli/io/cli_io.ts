import { StorageError } from "../../storage/storage_error.ts";

/**
 * The user asked for an end. It is a `StorageError`, so that it is not mistaken
 * for damage where damage is collected.
 */
export class InterruptedError extends StorageError {
  /** `message` says what was left undone; it may be empty. */
  constructor(message: string) {
    super(message, "", "EINTR");
  }
}

/** Where a command writes. */
export interface Output {
  /** Whether a person is looking. */
  readonly isTerminal: boolean;
  /** Resolves when the bytes are handed over and `bytes` may be reused. */
  write(bytes: Uint8Array): Promise<void>;
}

/** All that a command has of the world but the file system. */
export interface CliIo {
  /** The input, in chunks that are the command's to keep. */
  readonly stdin: AsyncIterable<Uint8Array>;
  /** What was asked for. */
  readonly stdout: Output;
  /** What there is to say about it. */
  readonly stderr: Output;
  /** Aborted when the user wants an end; the reason is the signal's name. */
  readonly interrupt: AbortSignal;
}

const encoder = new TextEncoder();

/** Writes lines of text at once, however many. */
export async function writeLines(
  { stdout, interrupt }: CliIo,
  lines: Iterable<string>,
): Promise<void> {
  const text = [...lines].map((line) => `${line}\n`).join("");
  let stop = () => {};
  const stopped = new Promise<never>((_, reject) => {
    // Whoever reads our output may have stopped without going away.
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

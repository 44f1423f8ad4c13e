/** How a command ended. */
export interface Outcome {
  /** Whether it exited by itself, in time, with code 0. */
  readonly ok: boolean;
  /** All that it printed, both streams as they came. */
  readonly output: string;
}

/** How to run a command. */
export interface CommandOptions {
  /** The directory to run it in; the runner's own by default. */
  readonly cwd?: string;
  /** After how long it is killed; five minutes by default. */
  readonly timeoutMs?: number;
}

/**
 * Runs a command to its end and collects what it prints. A command that
 * cannot be started, that fails or that takes too long is an outcome, too:
 * this never rejects.
 *
 * @param program The program, found on the path unless it is one.
 * @param args Its arguments.
 * @param options Where, and how long at most.
 */
export async function command(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<Outcome> {
  const { cwd, timeoutMs = 600_000 } = options;
  const chunks: string[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    const child = new Deno.Command(program, {
      args: [...args],
      ...(cwd === undefined ? {} : { cwd }),
      env: { NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), timeoutMs);
    });
    const ended = Promise.all([
      child.status,
      collect(child.stdout, chunks),
      collect(child.stderr, chunks),
    ]).then(([status]) => status);
    const status = await Promise.race([ended, late]);
    if (status === false) {
      child.kill("SIGTERM");
      chunks.push(`\nKilled after ${timeoutMs / 1000} s\n`);
    } else if (!status.success) {
      chunks.push(`\n${program} exited with ${status.signal ?? status.code}\n`);
    }
    return { ok: status !== false && status.success, output: chunks.join("") };
  } catch (error) {
    return { ok: false, output: `Cannot run ${program}: ${error}\n` };
  } finally {
    clearTimeout(timer);
  }
}

async function collect(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  chunks: string[],
): Promise<void> {
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    chunks.push(text);
  }
}

/** How a command ended. */
export interface Outcome {
  /** Whether it exited by itself, in time, with code 0. */
  readonly ok: boolean;
  /** All that it printed, both streams as they came. */
  readonly output: string;
  /** What it printed on standard output. */
  readonly stdout: string;
}

/** How to run a command. */
export interface CommandOptions {
  /** The directory to run it in; the runner's own by default. */
  readonly cwd?: string;
  /** After how long it is killed; five minutes by default. */
  readonly timeoutMs?: number;
  /** Variables in addition to those of the runner. */
  readonly env?: Readonly<Record<string, string>>;
  /** What it reads; nothing by default. */
  readonly stdin?: string;
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
  const { cwd, timeoutMs = 600_000, env = {}, stdin } = options;
  const chunks: string[] = [];
  const stdout: string[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    const child = new Deno.Command(program, {
      args: [...args],
      ...(cwd === undefined ? {} : { cwd }),
      env: { NO_COLOR: "1", ...env },
      stdin: stdin === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    if (stdin !== undefined) void send(child.stdin, stdin);
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), timeoutMs);
    });
    const ended = Promise.all([
      child.status,
      collect(child.stdout, chunks, stdout),
      collect(child.stderr, chunks),
    ]).then(([status]) => status);
    const status = await Promise.race([ended, late]);
    if (status === false) {
      child.kill("SIGTERM");
      chunks.push(`\nKilled after ${timeoutMs / 1000} s\n`);
    } else if (!status.success) {
      chunks.push(`\n${program} exited with ${status.signal ?? status.code}\n`);
    }
    return {
      ok: status !== false && status.success,
      output: chunks.join(""),
      stdout: stdout.join(""),
    };
  } catch (error) {
    const output = `Cannot run ${program}: ${error}\n`;
    return { ok: false, output, stdout: "" };
  } finally {
    clearTimeout(timer);
  }
}

async function collect(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  ...into: string[][]
): Promise<void> {
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    for (const chunks of into) chunks.push(text);
  }
}

/** One that reads no more, or not at all, has failed by itself. */
async function send(
  stream: WritableStream<Uint8Array<ArrayBuffer>>,
  text: string,
): Promise<void> {
  const writer = stream.getWriter();
  try {
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch {
    // Its exit code says why.
  }
}

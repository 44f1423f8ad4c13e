import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";

/** How a process ended, and what it said. */
export interface Ending {
  readonly code: number | null;
  readonly signal: string | null;
  /** Standard output. */
  readonly output: string;
  /** Standard error. */
  readonly errors: string;
}

/** How a {@linkcode Child} is started. */
export interface ChildOptions {
  /** How long it may run before it counts as hanging and is killed. */
  readonly timeoutMs?: number;
  /** In addition to those of this process. */
  readonly env?: Record<string, string>;
  /** Whether it may be stopped, and then could not see that its input ends. */
  readonly mayStop?: boolean;
}

/**
 * A process that cannot outlive the test: it leads a process group of its own,
 * which is killed when the child is disposed of, stopped or not.
 */
export class Child implements AsyncDisposable {
  /** Resolves once it, and all that share its output, are gone. */
  readonly ended: Promise<Ending>;
  readonly #child: ChildProcess;
  readonly #timer: ReturnType<typeof setTimeout>;
  readonly #listeners = new Set<() => void>();
  #output = "";
  #errors = "";
  #taken = 0;
  #isOver = false;
  #isLate = false;

  /** Starts it. */
  constructor(
    [program, ...args]: readonly string[],
    options: ChildOptions = {},
  ) {
    const { timeoutMs = 20_000, env = {}, mayStop = false } = options;
    this.#child = spawn(program, args, {
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
      env: { ...process.env, NO_COLOR: "1", ...env },
    });
    this.#child.stdout!.on("data", (data) => this.#heard(`${data}`));
    this.#child.stderr!.on("data", (data) => this.#errors += data);
    this.#child.stdin!.on("error", () => {});
    this.#timer = setTimeout(() => {
      this.#isLate = true;
      this.kill("SIGKILL");
    }, timeoutMs);
    const guard = mayStop ? startGuard(this.pid) : undefined;
    const isUnguarded = new Promise((resolve) =>
      guard === undefined ? resolve(null) : guard.once("close", resolve)
    );
    this.ended = new Promise((resolve) => {
      this.#child.once("error", (error) => this.#errors += error);
      this.#child.once("close", (code, signal) => {
        clearTimeout(this.#timer);
        this.#isOver = true;
        this.#notify();
        if (this.#isLate) this.#errors += `\nkilled after ${timeoutMs} ms`;
        const [output, errors] = [this.#output, this.#errors];
        guard?.kill("SIGKILL");
        isUnguarded.then(() => resolve({ code, signal, output, errors }));
      });
    });
  }

  /** Its process id. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Sends a signal to it and to all that it started. */
  kill(signal: "SIGKILL" | "SIGSTOP" | "SIGCONT" | "SIGTERM"): void {
    if (this.#isOver || this.pid === 0) return;
    try {
      process.kill(-this.pid, signal);
    } catch {
      // It is gone.
    }
  }

  /** Writes a line to its standard input. */
  send(line: string): void {
    this.#child.stdin!.write(`${line}\n`);
  }

  /** Ends its standard input. */
  endInput(): void {
    this.#child.stdin!.end();
  }

  /** The next line of its output; throws if it ends first. */
  async nextLine(): Promise<string> {
    while (true) {
      const end = this.#output.indexOf("\n", this.#taken);
      if (end >= 0) {
        const line = this.#output.slice(this.#taken, end);
        this.#taken = end + 1;
        return line;
      }
      if (this.#isOver) throw new Error(`It said no more: ${this.#errors}`);
      await new Promise<void>((resolve) => this.#listeners.add(resolve));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill("SIGKILL");
    await this.ended;
  }

  #heard(text: string): void {
    this.#output += text;
    this.#notify();
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  }
}

/** Kills the group even if the tests themselves are killed first. */
function startGuard(group: number): ChildProcess {
  const wait = 'read -r _; kill -KILL -- "-$0"';
  return spawn("sh", ["-c", wait, `${group}`], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
}

/** Runs a process to its end; throws unless it ends with one of `codes`. */
export async function runChild(
  command: readonly string[],
  options: ChildOptions & { codes?: readonly number[] } = {},
): Promise<Ending> {
  await using child = new Child(command, options);
  const ending = await child.ended;
  const { codes = [0] } = options;
  if (ending.code !== null && codes.includes(ending.code)) return ending;
  const how = ending.signal ?? `code ${ending.code}`;
  throw new Error(`${command.join(" ")}\nended with ${how}\n${ending.errors}`);
}

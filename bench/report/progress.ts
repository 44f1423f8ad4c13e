import process from "node:process";

/**
 * Results on standard output, progress on standard error. On a terminal,
 * progress is one line that is overwritten; elsewhere, one line per step.
 */
export class Progress {
  readonly #isTerminal = process.stderr.isTTY === true;
  #shown = "";

  /** Prints a line of results. */
  say(line = ""): void {
    this.#show("");
    console.log(line);
  }

  /** Prints a problem on standard error, so that results stay clean. */
  warn(line: string): void {
    this.#show("");
    console.error(line);
  }

  /** Shows that a step begins. */
  step(message: string): void {
    if (this.#isTerminal) this.#show(message);
    else process.stderr.write(`${message}\n`);
  }

  /** Shows how far a step has come, on a terminal only. */
  tick(message: string): void {
    this.#show(message);
  }

  #show(message: string): void {
    if (!this.#isTerminal) return;
    const text = message.slice(0, 79);
    process.stderr.write(`\r${text.padEnd(this.#shown.length)}\r${text}`);
    this.#shown = text;
  }
}

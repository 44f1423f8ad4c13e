import process from "node:process";

/**
 * Says on standard error what goes on: one line that is written over on a
 * terminal, else a line a message.
 */
export class Progress {
  readonly #terminal = process.stderr.isTTY === true;
  #shown = "";

  /** Begins a step. */
  step(message: string): void {
    if (this.#terminal) this.#show(message);
    else process.stderr.write(`${message}\n`);
  }

  /** Says how far a step has come, where lines can be written over. */
  tick(message: string): void {
    if (this.#terminal) this.#show(message);
  }

  /** Leaves the terminal's line empty. */
  clear(): void {
    if (this.#terminal) this.#show("");
  }

  #show(message: string): void {
    const text = message.slice(0, 79);
    process.stderr.write(`\r${text.padEnd(this.#shown.length)}\r${text}`);
    this.#shown = text;
  }
}

/** More than any line of a trace has; a file without lines is none. */
const MOST_CHARACTERS = 16 * 1024 * 1024;

/** Cuts text, or bytes of it, into lines, whatever the pieces' bounds. */
export class LineReader {
  readonly #decoder = new TextDecoder();
  #rest = "";

  /** The lines that end in `chunk`, without their newlines. */
  *push(chunk: Uint8Array | string): Generator<string> {
    const text = typeof chunk === "string"
      ? chunk
      : this.#decoder.decode(chunk, { stream: true });
    const lines = text.split("\n");
    lines[0] = this.#rest + lines[0];
    this.#rest = lines.pop()!;
    yield* lines;
    if (this.#rest.length > MOST_CHARACTERS) yield this.#rest;
  }

  /** What has no newline yet. */
  get rest(): string {
    return this.#rest;
  }
}

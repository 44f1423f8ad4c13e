import { BrokenRule, parseEvent, parseHeader } from "./event_line.ts";
import type { TraceEvent } from "./trace_event.ts";

/**
 * Reads a trace piece by piece: `source` yields bytes (UTF-8) or text, cut
 * anywhere. Yields the header first, then one event per line, in order.
 *
 * A trace may lack its end, and its last line may be cut off, as when the
 * process was killed. Anything else that breaks the format throws a
 * {@linkcode TraceFormatError}, including an instant before an earlier one, a
 * line after the end, and a source without a header. The format is described in
 * docs/trace.md.
 *
 * @example
 * ```ts
 * import { Wal } from "@syncline/wal";
 * import { MemoryStorage } from "@syncline/wal/storage";
 * import { readTrace } from "@syncline/wal/trace";
 * import assert from "node:assert/strict";
 *
 * const lines: string[] = [];
 * const trace = { write: (more: string) => void lines.push(more) };
 * const wal = await Wal.open(new MemoryStorage(), { trace });
 * await wal.append("of 11 bytes");
 * await wal.close();
 *
 * const kinds: string[] = [];
 * for await (const event of readTrace(lines)) kinds.push(event.kind);
 * assert.deepEqual(kinds, ["header", "turn", "flush", "end"]);
 * ```
 */
export async function* readTrace(
  source:
    | AsyncIterable<Uint8Array | string>
    | Iterable<Uint8Array | string>,
): AsyncGenerator<TraceEvent> {
  const lines = new LineReader();
  const order = new Order();
  for await (const chunk of source) {
    for (const line of lines.push(chunk)) yield order.read(line);
  }
  // Text after the last newline was cut off.
  if (order.lines === 0) throw order.refusal("a header", lines.rest);
}

/** Checks that each line may follow the lines before it. */
class Order {
  /** Number of lines read. */
  lines = 0;
  #turnAt = -Infinity;
  #endedAt = -Infinity;
  #nextLsn = 0;
  #isEnded = false;

  read(line: string): TraceEvent {
    try {
      const event = this.lines === 0 ? parseHeader(line) : parseEvent(line);
      this.#follow(event);
      this.lines++;
      return event;
    } catch (error) {
      if (!(error instanceof BrokenRule)) throw error;
      throw this.refusal(error.rule, line);
    }
  }

  refusal(rule: string, found: string): TraceFormatError {
    return new TraceFormatError(this.lines + 1, rule, found);
  }

  #follow(event: TraceEvent): void {
    if (this.#isEnded) throw new BrokenRule("absent, after the end");
    switch (event.kind) {
      case "turn":
        if (event.at < this.#turnAt) {
          throw new BrokenRule(`a turn at ${this.#turnAt} or later`);
        }
        this.#turnAt = event.at;
        break;
      case "flush": {
        const { firstLsn, lastLsn, endedAt } = event.flush;
        if (this.#nextLsn > 0 && firstLsn !== this.#nextLsn) {
          throw new BrokenRule(`a flush that begins at LSN ${this.#nextLsn}`);
        }
        if (endedAt < this.#endedAt) {
          throw new BrokenRule(
            `a flush that ended at ${this.#endedAt} or later`,
          );
        }
        this.#nextLsn = lastLsn + 1;
        this.#endedAt = endedAt;
        break;
      }
      case "gap":
        this.#nextLsn = 0;
        break;
      case "end":
        this.#isEnded = true;
    }
  }
}

/** More than any line of a trace has; such a file is not a trace. */
const MOST_CHARACTERS = 16 * 1024 * 1024;

/** Splits text, or its bytes, into lines, wherever the pieces are cut. */
class LineReader {
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

  /** The text after the last newline. */
  get rest(): string {
    return this.#rest;
  }
}

/** A line does not follow the format of a trace. */
export class TraceFormatError extends Error {
  /** The class's name. */
  override readonly name = "TraceFormatError";

  /** Thrown by `readTrace`. */
  constructor(
    /** Number of the line, from 1. */
    readonly line: number,
    rule: string,
    found: string,
  ) {
    const shown = found.length > 80 ? `${found.slice(0, 80)}…` : found;
    super(
      `Cannot read the trace because line ${line} must be ${rule}: ` +
        `found ${shown === "" ? "nothing" : shown}`,
    );
  }
}

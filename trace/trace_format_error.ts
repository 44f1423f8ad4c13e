/** A line of a trace is not one of a trace. */
export class TraceFormatError extends Error {
  /** The class's name. */
  override readonly name = "TraceFormatError";

  /** Made by `readTrace`. */
  constructor(
    /** The line, counted from 1. */
    readonly line: number,
    rule: string,
    found: string,
  ) {
    const shown = found.length > 80 ? `${found.slice(0, 80)}…` : found;
    super(
      `Cannot read the trace as line ${line} must be ${rule}: ` +
        `found ${shown === "" ? "nothing" : shown}`,
    );
  }
}

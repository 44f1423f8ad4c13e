import { Buffer } from "node:buffer";

/** What a line of an export says. */
export interface ExportedLine {
  /** Absent if the line does not say. */
  readonly lsn?: number;
  /** When it was written, in ms since 1970; absent if the line does not say. */
  readonly time?: number;
  /** Number of records of the batch that begins here; absent for none. */
  readonly batch?: number;
  /** The record; absent if some are lost. */
  readonly data?: Uint8Array;
  /** Number of records lost from here on; absent if none is. */
  readonly lost?: number;
}

/** Thrown if a line of the input cannot be imported. */
export class BadLineError extends Error {
  /** The class's name. */
  override readonly name = "BadLineError";

  /** Creates the error for one line. */
  constructor(
    /** The line's number, from 1. */
    readonly inputLine: number,
    reason: string,
  ) {
    super(`Cannot import line ${inputLine} because ${reason}`);
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Parses line number `line` of an export; `undefined` if it is blank. Other
 * fields are ignored. Throws {@linkcode BadLineError}.
 */
export function parseLine(
  bytes: Uint8Array,
  line: number,
): ExportedLine | undefined {
  const refuse = (reason: string) => new BadLineError(line, reason);
  let value: unknown;
  try {
    const json = decoder.decode(bytes);
    if (json.trim() === "") return undefined;
    value = JSON.parse(json);
  } catch (error) {
    throw refuse(`it is not JSON: ${(error as Error).message}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw refuse("it is not a JSON object");
  }
  const fields = value as Record<string, unknown>;
  const content = contentOf(fields);
  if (typeof content === "string") throw refuse(content);
  const numbers: { lsn?: number; batch?: number; lost?: number } = {};
  for (const name of ["lsn", "batch", "lost"] as const) {
    const number = fields[name];
    if (number === undefined) continue;
    if (!Number.isSafeInteger(number) || (number as number) < 1) {
      throw refuse(
        `${name} must be an integer of at least 1: received ` +
          JSON.stringify(number),
      );
    }
    numbers[name] = number as number;
  }
  const { time } = fields;
  if (time === undefined) return { ...numbers, ...content };
  const at = typeof time === "string" ? Date.parse(time) : NaN;
  if (!(at >= 0)) {
    throw refuse(
      `time must be a time since 1970: received ${JSON.stringify(time)}`,
    );
  }
  return { ...numbers, ...content, time: at };
}

/** The record, or nothing for lost ones; a string says what is wrong. */
function contentOf(
  { text, base64, lost }: Record<string, unknown>,
): { data?: Uint8Array } | string {
  const given = [text, base64, lost].filter((one) => one !== undefined);
  if (given.length !== 1) {
    return "it must have either text, base64 or lost: received " +
      (given.length === 0 ? "none" : "several");
  }
  if (lost !== undefined) return {};
  const [content] = given;
  if (typeof content !== "string") return "a record must be a string";
  if (text === undefined) {
    const data = Buffer.from(content, "base64");
    // What the decoder skips would be lost without a word.
    if (data.toString("base64") === content) return { data };
    return "its base64 is not valid, with padding";
  }
  // UTF-8 cannot encode half of a pair.
  if (/\p{Surrogate}/u.test(content)) return "its text has a lone surrogate";
  return { data: Buffer.from(content, "utf8") };
}

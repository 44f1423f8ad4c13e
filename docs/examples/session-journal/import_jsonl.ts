import { Buffer } from "node:buffer";
import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import type { Wal } from "@syncline/wal";
import type { Journal } from "./journal.ts";

/** A place in a JSONL file that is not one event on one line. */
export interface JsonlFault {
  /** The line, from 1. */
  readonly line: number;
  /** Where it begins in the file, and how long it is, in bytes. */
  readonly offset: number;
  readonly bytes: number;
  readonly problem: JsonlProblem;
  /** Number of whole events that were found in it, and imported. */
  readonly recovered: number;
}

/**
 * What is wrong with a place in a JSONL file: zeros that a crash left, an end
 * without a newline, bytes that are not UTF-8, text that is not JSON, or JSON
 * that is not an event.
 */
export type JsonlProblem =
  | "zeros"
  | "torn end"
  | "not UTF-8"
  | "not JSON"
  | "not an event";

/** What an import did. */
export interface ImportReport {
  /** Number of events appended. */
  readonly events: number;
  /** What was not imported, or not as it stood there. */
  readonly faults: readonly JsonlFault[];
}

/** Options of {@linkcode importJsonl}. */
export interface ImportOptions<Event> {
  /**
   * Whether a value is an event. With it, whole events are also recovered from
   * lines that are not JSON, such as an event that was appended to a torn line.
   * Without it, every line that is an object is an event, and nothing is
   * recovered. No event may contain what looks like another one: that would be
   * recovered from a torn line.
   */
  readonly isEvent?: (value: unknown) => value is Event;
}

/** A line, without its end. */
interface Line {
  readonly bytes: Uint8Array;
  readonly number: number;
  readonly offset: number;
  /** Whether it ends with a newline. */
  readonly isWhole: boolean;
}

/** How far the import of a file has got. */
interface Progress {
  readonly offset: number;
  readonly line: number;
}

/** The metadata of the log: the progress of each file, by its path. */
type Meta = Readonly<Record<string, Progress>>;

/** Events that are appended together, and bytes of their lines, at most. */
const AT_ONCE = 500;
const BYTES_AT_ONCE = 1024 * 1024;

/** Where a line that is not JSON may be searched for events, at most. */
const MAX_STARTS = 1000;

/**
 * Appends the events of a JSONL file to a journal, and reports what it could not
 * import. The file stays as it is.
 *
 * How far it got is stored together with the events. So if it is interrupted, or
 * called again with the same file, it continues there and imports no event
 * twice; its report is about the rest of the file. Imports into one journal run
 * one after the other. A torn end waits for the rest of its line.
 */
export function importJsonl<Event>(
  journal: Journal<Event>,
  file: string,
  options: ImportOptions<Event> = {},
): Promise<ImportReport> {
  const path = resolve(file);
  const before = imports.get(journal) ?? Promise.resolve();
  const report = before.then(() =>
    journal.use((log) => importInto(log, path, options))
  );
  imports.set(journal, report.catch(() => {}));
  return report;
}

/** The last import into each journal: two at once would import events twice. */
const imports = new WeakMap<object, Promise<unknown>>();

async function importInto<Event>(
  log: Wal<Event, Event>,
  path: string,
  options: ImportOptions<Event>,
): Promise<ImportReport> {
  const meta = metaOf(log);
  let { offset, line } = meta[path] ?? { offset: 0, line: 1 };
  const faults: JsonlFault[] = [];
  let events = 0;
  let batch: Event[] = [];
  let bytes = 0;
  const append = async () => {
    if (batch.length === 0) return;
    const progress: Meta = { ...meta, [path]: { offset, line } };
    await log.appendBatch(batch, { meta: JSON.stringify(progress) });
    events += batch.length;
    batch = [];
    bytes = 0;
  };
  for await (const next of linesOf(path, { offset, line })) {
    bytes += next.bytes.length;
    if (batch.length >= AT_ONCE || bytes > BYTES_AT_ONCE) await append();
    const found = readLine(next, options);
    batch.push(...found.events);
    faults.push(...found.faults);
    offset = found.end;
    if (next.isWhole) line = next.number + 1;
  }
  await append();
  return { events, faults };
}

function metaOf({ meta }: { readonly meta: Uint8Array | undefined }): Meta {
  return meta === undefined ? {} : JSON.parse(new TextDecoder().decode(meta));
}

/** Lines end with byte 0x0A, which is part of no other character in UTF-8. */
async function* linesOf(
  file: string,
  { offset, line }: Progress,
): AsyncGenerator<Line, void> {
  let pieces: Uint8Array[] = [];
  const join = (isWhole: boolean): Line => {
    const found = { bytes: Buffer.concat(pieces), number: line, offset };
    pieces = [];
    offset += found.bytes.length + 1;
    line++;
    return { ...found, isWhole };
  };
  for await (const chunk of createReadStream(file, { start: offset })) {
    let from = 0;
    for (
      let end = chunk.indexOf(10);
      end >= 0;
      end = chunk.indexOf(10, from)
    ) {
      pieces.push(chunk.subarray(from, end));
      from = end + 1;
      yield join(true);
    }
    pieces.push(chunk.subarray(from));
  }
  const rest = join(false);
  if (rest.bytes.length > 0) yield rest;
}

/**
 * The events of a line, its faults, and where the file continues; zeros divide
 * it into parts.
 */
function readLine<Event>(
  line: Line,
  options: ImportOptions<Event>,
): { events: Event[]; faults: JsonlFault[]; end: number } {
  const events: Event[] = [];
  const faults: JsonlFault[] = [];
  const { bytes, number, offset } = line;
  for (let from = 0, end = 0; from < bytes.length; from = end) {
    const isZero = bytes[from] === 0;
    end = from;
    while (end < bytes.length && (bytes[end] === 0) === isZero) end++;
    const place = { line: number, offset: offset + from, bytes: end - from };
    if (isZero) {
      faults.push({ ...place, problem: "zeros", recovered: 0 });
      continue;
    }
    const isLast = end === bytes.length;
    const isCut = isLast ? !line.isWhole : true;
    const part = readPart<Event>(bytes.subarray(from, end), isCut, options);
    if (part.problem !== undefined && isLast && !line.isWhole) {
      // It may still be written, so the next import begins with it.
      faults.push({ ...place, problem: part.problem, recovered: 0 });
      return { events, faults, end: place.offset };
    }
    events.push(...part.events);
    if (part.problem === undefined) continue;
    const recovered = part.events.length;
    faults.push({ ...place, problem: part.problem, recovered });
  }
  return {
    events,
    faults,
    end: offset + bytes.length + (line.isWhole ? 1 : 0),
  };
}

/** The events of a part without zeros, and what is wrong with it. */
function readPart<Event>(
  bytes: Uint8Array,
  isCut: boolean,
  { isEvent }: ImportOptions<Event>,
): { events: Event[]; problem?: JsonlProblem } {
  const text = new TextDecoder().decode(bytes).trim(); // Without a BOM.
  if (text === "") return { events: [] };
  const isText = isUtf8(bytes);
  const value = isText ? parse(text) : undefined;
  const accepts = isEvent ?? isObject;
  if (accepts(value)) return { events: [value as Event] };
  if (value !== undefined) return { events: [], problem: "not an event" };
  const events = isEvent === undefined
    ? []
    : eventsWithin(text, isText, isEvent);
  const problem = !isText ? "not UTF-8" : isCut ? "torn end" : "not JSON";
  return { events, problem };
}

/** Whole events within a text, whatever is between them, from left to right. */
function eventsWithin<Event>(
  text: string,
  isText: boolean,
  isEvent: (value: unknown) => value is Event,
): Event[] {
  const events: Event[] = [];
  let start = text.indexOf("{");
  for (let tries = 0; start >= 0 && tries < MAX_STARTS; tries++) {
    const end = endOfObject(text, start);
    const part = text.slice(start, end);
    const value = end > start ? parse(part) : undefined;
    // Bytes that are not UTF-8 became this character.
    const isIntact = isText || !part.includes("\ufffd");
    const isFound = isIntact && isEvent(value);
    if (isFound) events.push(value);
    start = text.indexOf("{", isFound ? end : start + 1);
  }
  return events;
}

/** Where the object that begins at `start` ends, or -1 if it does not. */
function endOfObject(text: string, start: number): number {
  let depth = 0;
  let isString = false;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (character === '"') isString = !isString;
    else if (isString) at += character === "\\" ? 1 : 0;
    else if (character === "{") depth++;
    else if (character === "}" && --depth === 0) return at + 1;
  }
  return -1;
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** The value of a JSON text; `undefined`, which has no JSON, if it is none. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

import { crc32 } from "./crc32.ts";

/*
 *  0       8         12                          length - 4
 *  +-------+---------+-------+---- content ----+----------+
 *  | magic | version | flags |                 | checksum |
 *  +-------+---------+-------+-----------------+----------+ length
 */

/** What distinguishes one kind of envelope from another. */
export interface EnvelopeKind {
  /** The eight letters at its start. */
  readonly magic: string;
  /** Its total length, in bytes. */
  readonly length: number;
  /** What it is, for messages. */
  readonly subject: "segment" | "manifest" | "cursor" | "snapshot";
}

/** Why an envelope cannot be used. */
export interface EnvelopeFault {
  /** Too short, without the magic, damaged, or of another format version. */
  fault: "short" | "magic" | "checksum" | "version";
  /** What the reader expected, for a message. */
  expected: string;
  /** What it found, for a message. */
  found: string;
}

/** The format version that is written, and the only one that is read. */
const FORMAT_VERSION = 1;

/** Flags that a reader must know; the upper 16 may be ignored. */
const REQUIRED_FLAGS = 0xffff;

/** Lays out an envelope around the content that `fill` writes. */
export function encodeEnvelope(
  { magic, length }: EnvelopeKind,
  fill: (view: DataView, bytes: Uint8Array) => void,
): Uint8Array {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < 8; at++) bytes[at] = magic.charCodeAt(at);
  view.setUint32(8, FORMAT_VERSION, true);
  fill(view, bytes);
  view.setUint32(length - 4, crc32(bytes.subarray(0, length - 4)), true);
  return bytes;
}

/**
 * Checks an envelope and returns a view of it, or why it cannot be used. Every
 * version has its checksum in the same place, so a flipped bit in the version
 * is damage, not another version.
 */
export function decodeEnvelope(
  bytes: Uint8Array,
  { magic, length, subject }: EnvelopeKind,
): DataView | EnvelopeFault {
  if (bytes.length < length) {
    return fault("short", `${length} bytes`, `${bytes.length}`);
  }
  const letters = String.fromCharCode(...bytes.subarray(0, 8));
  if (letters !== magic) {
    return fault("magic", `"${magic}"`, JSON.stringify(letters));
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  const checksum = view.getUint32(length - 4, true);
  const actual = crc32(bytes.subarray(0, length - 4));
  if (checksum !== actual) return fault("checksum", `${checksum}`, `${actual}`);
  const version = view.getUint32(8, true);
  if (version !== FORMAT_VERSION) {
    return fault("version", `version ${FORMAT_VERSION}`, `version ${version}`);
  }
  const flags = view.getUint32(12, true) & REQUIRED_FLAGS;
  return flags === 0
    ? view
    : fault("version", "no flags", `${subject} flags ${flags}`);
}

function fault(
  fault: EnvelopeFault["fault"],
  expected: string,
  found: string,
): EnvelopeFault {
  return { fault, expected, found };
}

/** Bytes of a log's id. */
export const LOG_ID_BYTES = 16;

/** Makes a log's id from four random 32-bit numbers. */
export function makeLogId(random: () => number): string {
  const parts = [random(), random(), random(), random()];
  return parts.map((part) => part.toString(16).padStart(8, "0")).join("");
}

/** Writes a log's id, 32 hexadecimal digits, at `at`. */
export function encodeLogId(into: Uint8Array, at: number, id: string): void {
  for (let index = 0; index < LOG_ID_BYTES; index++) {
    into[at + index] = parseInt(id.slice(2 * index, 2 * index + 2), 16);
  }
}

/** Reads what {@linkcode encodeLogId} wrote. */
export function decodeLogId(bytes: Uint8Array, at: number): string {
  let id = "";
  for (let index = 0; index < LOG_ID_BYTES; index++) {
    id += bytes[at + index].toString(16).padStart(2, "0");
  }
  return id;
}

/**
 * Thrown if a file of the log uses a version or a feature of the format that
 * this version of the library does not know.
 */
export class FormatVersionError extends Error {
  /** The class's name. */
  override readonly name = "FormatVersionError";

  /** Creates the error for one file. */
  constructor(
    /** The path of the file. */
    readonly segment: string,
    /** What it uses, such as `"version 2"`. */
    readonly found: string,
    /** What this library reads instead. */
    readonly supported: string,
  ) {
    super(
      `Cannot read "${segment}" because it uses ${found} of the format: this ` +
        `library reads ${supported}`,
    );
  }
}

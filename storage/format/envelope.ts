import { crc32 } from "./crc32.ts";

/*
 *  0       8         12                          length - 4
 *  +-------+---------+-------+---- content ----+----------+
 *  | magic | version | flags |                 | checksum |
 *  +-------+---------+-------+-----------------+----------+ length
 */

/** What tells a segment's header from a manifest. */
export interface EnvelopeKind {
  /** The eight letters that it begins with. */
  readonly magic: string;
  /** All of its bytes. */
  readonly length: number;
  /** What it is, for messages. */
  readonly subject: "segment" | "manifest";
}

/** Why what is in an envelope cannot be used. */
export interface EnvelopeFault {
  /** Short, no magic, damaged, or of another version of the format. */
  fault: "short" | "magic" | "checksum" | "version";
  /** What the reader expected, for a message. */
  expected: string;
  /** What it found, for a message. */
  found: string;
}

/** The version of the format that is written, and the only one that is read. */
export const FORMAT_VERSION = 1;

/** Flags that a reader has to know; the upper 16 may be ignored. */
const REQUIRED_FLAGS = 0xffff;

/** Lays out an envelope around what `fill` writes into it. */
export function encodeEnvelope(
  { magic, length }: EnvelopeKind,
  fill: (view: DataView<ArrayBuffer>, bytes: Uint8Array) => void,
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
 * Looks into an envelope, or says why that is not possible. Every version has
 * its checksum in this place, so that a flipped bit in the version is damage
 * and not another version.
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

/** A log's id from four random 32-bit numbers. */
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
 * A segment or manifest uses a version, or a feature, of the format that this
 * version of the library does not know.
 */
export class FormatVersionError extends Error {
  /** The class's name. */
  override readonly name = "FormatVersionError";

  /** Made by whoever reads segments. */
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

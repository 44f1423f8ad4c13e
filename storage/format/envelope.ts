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

/** Writes `value`, a safe integer of at least 0, as 8 bytes, little-endian. */
export function setUint64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value >>> 0, true);
  view.setUint32(at + 4, Math.floor(value / 2 ** 32), true);
}

/** Reads what {@linkcode setUint64} wrote; may exceed the safe integers. */
export function getUint64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
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

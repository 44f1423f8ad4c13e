import { getUint64, RECORD_HEADER_BYTES, setUint64 } from "./frame.ts";

/** A small record about the log as a whole, which outlives its records. */
export interface LogMeta {
  /** Rises by 1 with each change, from 1. */
  readonly version: number;
  /** Its content. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Maximum bytes of a log's metadata. */
export const MAX_META_BYTES = 4096;

/** Bytes of the version before the content, in a frame. */
const VERSION_BYTES = 8;

/** Bytes that metadata take in a frame, with their length. */
export function measureMeta(bytes: Uint8Array): number {
  return RECORD_HEADER_BYTES + VERSION_BYTES + bytes.length;
}

/** Lays out metadata as the last entry of a frame. */
export function encodeMeta({ version, bytes }: LogMeta): Uint8Array {
  const entry = new Uint8Array(VERSION_BYTES + bytes.length);
  setUint64(new DataView(entry.buffer), 0, version);
  entry.set(bytes, VERSION_BYTES);
  return entry;
}

/** Decodes it; `undefined` if it is not metadata. */
export function decodeMeta(entry: Uint8Array): LogMeta | undefined {
  const { buffer, byteOffset, length } = entry;
  if (length < VERSION_BYTES) return undefined;
  const version = getUint64(new DataView(buffer, byteOffset, length), 0);
  if (!Number.isSafeInteger(version) || version < 1) return undefined;
  return { version, bytes: entry.slice(VERSION_BYTES) as LogMeta["bytes"] };
}

/** The newer of two. */
export function newerMeta(
  one: LogMeta | undefined,
  other: LogMeta | undefined,
): LogMeta | undefined {
  return (other?.version ?? 0) > (one?.version ?? 0) ? other : one;
}

import { getUint64, setUint64 } from "./frame.ts";

/*
 *  A seal's payload; empty for a segment below 32 KiB:
 *  +------------+--------------+-- ... --+-------------+---------+
 *  | lsn (u64)  | offset (u64) |         | bytes (u32) | "SLIX"  |
 *  +------------+--------------+-- ... --+-------------+---------+
 *  `bytes` is the length of the seal's frame, so that the frame can be found
 *  from the end.
 */

/** Bytes at the end of an index, by which it is found. */
export const INDEX_FOOTER_BYTES = 8;

const ENTRY_BYTES = 16;
const FOOTER_MAGIC = 0x58494c53;

/** A frame of a segment: its first LSN and its offset, in bytes. */
export interface IndexEntry {
  lsn: number;
  offset: number;
}

/** Bytes of an index with that many entries. */
export function indexBytes(entries: number): number {
  return entries === 0 ? 0 : entries * ENTRY_BYTES + INDEX_FOOTER_BYTES;
}

/** Lays out an index; `frameBytes` is the length of its frame. */
export function encodeIndex(
  entries: readonly IndexEntry[],
  frameBytes: number,
): Uint8Array {
  const bytes = new Uint8Array(indexBytes(entries.length));
  if (entries.length === 0) return bytes;
  const view = new DataView(bytes.buffer);
  for (const [index, { lsn, offset }] of entries.entries()) {
    setUint64(view, index * ENTRY_BYTES, lsn);
    setUint64(view, index * ENTRY_BYTES + 8, offset);
  }
  view.setUint32(bytes.length - 8, frameBytes, true);
  view.setUint32(bytes.length - 4, FOOTER_MAGIC, true);
  return bytes;
}

/** Length of the frame that ends with this footer; 0 if it is not one. */
export function indexFrameBytes(footer: Uint8Array): number {
  if (footer.length < INDEX_FOOTER_BYTES) return 0;
  const view = new DataView(footer.buffer, footer.byteOffset, footer.length);
  return view.getUint32(4, true) === FOOTER_MAGIC ? view.getUint32(0, true) : 0;
}

/** The entries of a seal's payload, which are only hints. */
export function decodeIndex(payload: Uint8Array): IndexEntry[] {
  const { buffer, byteOffset, length } = payload;
  const view = new DataView(buffer, byteOffset, length);
  const count = Math.floor((length - INDEX_FOOTER_BYTES) / ENTRY_BYTES);
  return Array.from({ length: Math.max(0, count) }, (_, index) => {
    const at = index * ENTRY_BYTES;
    return { lsn: getUint64(view, at), offset: getUint64(view, at + 8) };
  });
}

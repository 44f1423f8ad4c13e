import { builtin } from "../../builtin.ts";

/** A CRC-32 of `bytes`, continued from `seed`; an unsigned integer. */
export type Crc32 = (bytes: Uint8Array, seed?: number) => number;

const native = nativeCrc32();

/**
 * CRC-32 (ISO-HDLC, as in gzip and PNG): the native one of `node:zlib` if the
 * runtime has it, otherwise {@linkcode crc32Portable}.
 */
export const crc32: Crc32 = native ?? crc32Portable;

/**
 * From here on, the native checksum is used. With its call and the view that it
 * needs, it is the faster one above about 100 bytes on Deno, 150 on Bun, and 200
 * on Node, where a portable checksum of a short frame saves the most.
 */
const NATIVE_BYTES = 192;

/**
 * CRC-32 of the bytes from `start` to `end` that `view` shows, by a native
 * checksum if there are many: a frame of one small record costs neither a native
 * call nor another view.
 */
export function crc32Of(view: DataView, start: number, end: number): number {
  if (native === undefined || end - start < NATIVE_BYTES) {
    return crc32Between(view, start, end, 0);
  }
  const { buffer, byteOffset } = view;
  return native(new Uint8Array(buffer, byteOffset + start, end - start));
}

/**
 * CRC-32 in plain JavaScript, sixteen bytes per step, for short inputs and for
 * runtimes without a native one (Node before 20.15, browsers). Far slower for
 * long inputs; see `bench/frame_bench.ts`.
 *
 * Source: slicing-by-16, after Kounavis and Berry, 2005.
 */
export function crc32Portable(bytes: Uint8Array, seed = 0): number {
  const { buffer, byteOffset, length } = bytes;
  return crc32Between(
    new DataView(buffer, byteOffset, length),
    0,
    length,
    seed,
  );
}

/** Bytes per step, and the number of tables. */
const STEP = 16;

/** One table after the other: a single one is quickest to reach. */
const TABLES = makeTables();

function crc32Between(
  view: DataView,
  start: number,
  end: number,
  seed: number,
): number {
  const t = TABLES;
  let crc = ~seed;
  let at = start;
  for (const last = end - STEP; at <= last; at += STEP) {
    const a = crc ^ view.getInt32(at, true);
    const b = view.getInt32(at + 4, true);
    const c = view.getInt32(at + 8, true);
    const d = view.getInt32(at + 12, true);
    crc = t[3840 | a & 255] ^ t[3584 | a >>> 8 & 255] ^
      t[3328 | a >>> 16 & 255] ^ t[3072 | a >>> 24] ^
      t[2816 | b & 255] ^ t[2560 | b >>> 8 & 255] ^
      t[2304 | b >>> 16 & 255] ^ t[2048 | b >>> 24] ^
      t[1792 | c & 255] ^ t[1536 | c >>> 8 & 255] ^
      t[1280 | c >>> 16 & 255] ^ t[1024 | c >>> 24] ^
      t[768 | d & 255] ^ t[512 | d >>> 8 & 255] ^
      t[256 | d >>> 16 & 255] ^ t[d >>> 24];
  }
  for (; at < end; at++) crc = crc >>> 8 ^ t[(crc ^ view.getUint8(at)) & 255];
  return ~crc >>> 0;
}

function makeTables(): Int32Array {
  const tables = new Int32Array(STEP * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) {
      crc = crc & 1 ? crc >>> 1 ^ 0xedb88320 : crc >>> 1;
    }
    tables[byte] = crc;
  }
  // Each table continues the one before it by a byte of zeros.
  for (let index = 256; index < tables.length; index++) {
    const before = tables[index - 256];
    tables[index] = before >>> 8 ^ tables[before & 255];
  }
  return tables;
}

/** Looked up at run time so that a runtime without `node:zlib` still loads. */
function nativeCrc32(): Crc32 | undefined {
  const native = builtin<{ crc32?: Crc32 }>("node:zlib")?.crc32;
  if (native === undefined) return undefined;
  // Node 20 returns 0 for empty input, whatever the seed.
  return (bytes, seed = 0) => bytes.length === 0 ? seed : native(bytes, seed);
}

/** A CRC-32 of `bytes`, continued from `seed`; an unsigned integer. */
export type Crc32 = (bytes: Uint8Array, seed?: number) => number;

/**
 * CRC-32 (ISO-HDLC, as in gzip and PNG): the native one of `node:zlib` if the
 * runtime has it, otherwise {@linkcode crc32Portable}.
 */
export const crc32: Crc32 = nativeCrc32() ?? crc32Portable;

/**
 * CRC-32 in plain JavaScript, four bytes per step, for runtimes without a
 * native one (Node before 20.15, browsers). Far slower; see
 * `bench/frame_bench.ts`.
 *
 * Source: slicing-by-4, Kounavis and Berry, 2005.
 */
export function crc32Portable(bytes: Uint8Array, seed = 0): number {
  const [t0, t1, t2, t3] = TABLES;
  let crc = ~seed;
  let at = 0;
  for (; at + 4 <= bytes.length; at += 4) {
    crc ^= bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16 |
      bytes[at + 3] << 24;
    crc = t3[crc & 255] ^ t2[crc >>> 8 & 255] ^ t1[crc >>> 16 & 255] ^
      t0[crc >>> 24];
  }
  for (; at < bytes.length; at++) {
    crc = crc >>> 8 ^ t0[(crc ^ bytes[at]) & 255];
  }
  return ~crc >>> 0;
}

const TABLES = makeTables();

function makeTables(): Int32Array[] {
  const tables = [0, 1, 2, 3].map(() => new Int32Array(256));
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) {
      crc = crc & 1 ? crc >>> 1 ^ 0xedb88320 : crc >>> 1;
    }
    tables[0][byte] = crc;
  }
  for (let byte = 0; byte < 256; byte++) {
    for (let table = 1; table < 4; table++) {
      const before = tables[table - 1][byte];
      tables[table][byte] = before >>> 8 ^ tables[0][before & 255];
    }
  }
  return tables;
}

/** Looked up at run time so that a runtime without `node:zlib` still loads. */
function nativeCrc32(): Crc32 | undefined {
  const { process } = globalThis as {
    process?: { getBuiltinModule?(name: string): { crc32?: Crc32 } };
  };
  const native = process?.getBuiltinModule?.("node:zlib")?.crc32;
  if (native === undefined) return undefined;
  // Node 20 returns 0 for empty input, whatever the seed.
  return (bytes, seed = 0) => bytes.length === 0 ? seed : native(bytes, seed);
}

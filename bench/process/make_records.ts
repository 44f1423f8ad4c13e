import { Buffer } from "node:buffer";

/** Mulberry32: small, and the same on every runtime. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Records of random bytes, so that compression gains nothing. */
export function makeRecords(count: number, bytes: number): Buffer[] {
  const random = seededRandom(1);
  return Array.from({ length: count }, () => {
    const record = Buffer.alloc(bytes);
    for (let at = 0; at < bytes; at++) record[at] = random() * 256;
    return record;
  });
}

/*
 * Self-describing records: what one says determines all of its bytes, and which
 * records belong to the same batch.
 */

/** Where a record stands and who wrote it. */
export interface RecordOrigin {
  /** Seed of the whole run. */
  readonly seed: number;
  /** Which process of the run. */
  readonly round: number;
  /** The record's LSN. */
  readonly lsn: number;
  /** LSN of the first record of its batch. */
  readonly first: number;
  /** LSN of the last record of its batch. */
  readonly last: number;
}

const LARGEST = 400;
const HUGE = 20_000;

/** The bytes of a record; how many there are follows from the origin, too. */
export function makeRecord(origin: RecordOrigin): Uint8Array {
  const { seed, round, lsn, first, last } = origin;
  const head = `${seed}/${round}/${lsn}/${first}-${last}/`;
  const next = generator(seed, round, lsn);
  const size = next() % (next() % 50 === 0 ? HUGE : LARGEST);
  const bytes = new Uint8Array(head.length + size);
  new TextEncoder().encodeInto(head, bytes);
  for (let at = head.length; at < bytes.length; at++) bytes[at] = next();
  return bytes;
}

/** Reads a record's origin; throws unless each byte is what it has to be. */
export function checkRecord(
  bytes: Uint8Array,
  expected: { seed: number; lsn: number },
): RecordOrigin {
  const text = new TextDecoder().decode(bytes.subarray(0, 80));
  const match = /^(\d+)\/(\d+)\/(\d+)\/(\d+)-(\d+)\//.exec(text);
  if (match === null) throw new Error(`record ${expected.lsn} is none of ours`);
  const [seed, round, lsn, first, last] = match.slice(1).map(Number);
  const origin = { seed, round, lsn, first, last };
  if (seed !== expected.seed || lsn !== expected.lsn) {
    throw new Error(`record ${expected.lsn} says that it is ${match[0]}`);
  }
  const whole = makeRecord(origin);
  const isSame = whole.length === bytes.length &&
    whole.every((byte, at) => byte === bytes[at]);
  if (!isSame) throw new Error(`record ${lsn} of round ${round} is damaged`);
  return origin;
}

/** Pseudo-random 32-bit numbers that depend on all of `seeds` (xorshift). */
export function generator(...seeds: number[]): () => number {
  let state = 0x9e3779b9;
  for (const seed of seeds) {
    state = Math.imul(state ^ seed, 0x85ebca6b) ^ state >>> 13 || 1;
  }
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  for (let warm = 0; warm < 8; warm++) next();
  return next;
}

/*
 * Records that say who wrote them: a session, which is one opening of a log by
 * one process, and a number that counts from 1 in each. These determine all
 * other bytes.
 */

/** The writer of a record, and its number there. */
export interface ChaosRecord {
  /** Number of the process and, after a dot, of its opening. */
  readonly session: string;
  /** Counts the records of the session, from 1. */
  readonly nth: number;
}

/** Most are small; some do not fit a packet, a few do not fit a buffer. */
function sizeOf(nth: number): number {
  if (nth % 400 === 399) return 600_000;
  if (nth % 40 === 39) return 30_000;
  return nth * 37 % 300;
}

/** The bytes of a record. */
export function makeChaosRecord({ session, nth }: ChaosRecord): Uint8Array {
  const head = new TextEncoder().encode(`${session} ${nth}:`);
  const bytes = new Uint8Array(head.length + sizeOf(nth));
  bytes.set(head);
  let state = nth + Number(session) * 1000 | 1;
  for (let at = head.length; at < bytes.length; at++) {
    state = Math.imul(state, 0x2c1b3c6d) + 0x9e3779b9 | 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

/** Reads its writer and number; `undefined` unless every byte is right. */
export function readChaosRecord(bytes: Uint8Array): ChaosRecord | undefined {
  const text = new TextDecoder().decode(bytes.subarray(0, 40));
  const [head, session, nth] = /^(\d+\.\d+) (\d+):/.exec(text) ?? [];
  if (head === undefined) return undefined;
  const record = { session, nth: Number(nth) };
  const whole = makeChaosRecord(record);
  const isSame = whole.length === bytes.length &&
    whole.every((byte, at) => byte === bytes[at]);
  return isSame ? record : undefined;
}

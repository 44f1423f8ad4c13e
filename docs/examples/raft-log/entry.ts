/** The place of an entry, which is the same on all nodes that have it. */
export interface EntryId {
  /** Counts up from 1 without gaps. */
  readonly index: number;
  /** The term of the leader that created it. */
  readonly term: number;
}

/** An entry of the replicated log. */
export interface Entry extends EntryId {
  /** What the state machine will apply. */
  readonly data: Uint8Array;
}

/** Bytes of the term before the data of an entry. */
export const TERM_BYTES = 8;

const ID_BYTES = 16;

/** Entries as records: the term, then the data. */
export function recordsOf(entries: readonly Entry[]): Uint8Array[][] {
  let { term: last } = entries[0];
  let head = encode(last);
  return entries.map(({ term, data }) => {
    if (term !== last) head = encode(term);
    last = term;
    return [head, data];
  });
}

/** Each number as a 64-bit float, which holds every safe integer. */
function encode(...numbers: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(8 * numbers.length));
  numbers.forEach((value, at) => view.setFloat64(8 * at, value));
  return new Uint8Array(view.buffer);
}

/** The number in the 8 bytes from `at` on. */
export function decode(bytes: Uint8Array, at: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.getFloat64(at);
}

/** A snapshot's file: the last entry that it covers, then the data. */
export async function* withId(
  { index, term }: EntryId,
  data: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield encode(index, term);
  yield* data;
}

/** The last entry that a snapshot covers, from the beginning of its file. */
export async function readId(
  file: AsyncIterable<Uint8Array>,
): Promise<EntryId> {
  const head: number[] = [];
  for await (const piece of file) {
    head.push(...piece.subarray(0, ID_BYTES - head.length));
    if (head.length === ID_BYTES) break;
  }
  const bytes = Uint8Array.from(head);
  return { index: decode(bytes, 0), term: decode(bytes, 8) };
}

/** The data of a snapshot's file. */
export async function* withoutId(
  file: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let left = ID_BYTES;
  for await (const piece of file) {
    if (piece.length > left) yield piece.subarray(left);
    left = Math.max(0, left - piece.length);
  }
}

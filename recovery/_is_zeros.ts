const WORD_BYTES = 4;
const WORDS = 8;

/**
 * Whether all bytes are zero, eight words at a time: 64 MiB take some 5 ms, and
 * a hundred times as long byte by byte with `every`. `BigUint64Array` is slower
 * everywhere, on Bun by far.
 */
export function isZeros(bytes: Uint8Array): boolean {
  const { buffer, byteOffset, length } = bytes;
  const start = Math.min(-byteOffset & WORD_BYTES - 1, length);
  const words = Math.floor((length - start) / WORD_BYTES) & -WORDS;
  const end = start + words * WORD_BYTES;
  return areZeros(bytes, 0, start) &&
    (words === 0 ||
      areZeroWords(new Int32Array(buffer, byteOffset + start, words))) &&
    areZeros(bytes, end, length);
}

/** `words` are a multiple of eight. */
function areZeroWords(words: Int32Array): boolean {
  for (let at = 0; at < words.length; at += WORDS) {
    const any = words[at] | words[at + 1] | words[at + 2] | words[at + 3] |
      words[at + 4] | words[at + 5] | words[at + 6] | words[at + 7];
    if (any !== 0) return false;
  }
  return true;
}

function areZeros(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    if (bytes[at] !== 0) return false;
  }
  return true;
}

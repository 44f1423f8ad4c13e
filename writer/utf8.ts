import { invariant } from "../invariant.ts";

/** What is used here of the `Buffer` that Node, Deno and Bun have. */
export interface NativeBuffer {
  byteLength(text: string): number;
  readonly prototype: { readonly utf8Write: Utf8Write };
}

/** Writes at an offset, without the view that `encodeInto` needs. */
type Utf8Write = (
  this: Uint8Array,
  text: string,
  at: number,
  length: number,
) => number;

/** Strings of at most this length are faster in a loop than in a call. */
const LOOP_UNITS = 32;

const encoder = new TextEncoder();

/**
 * Strings as UTF-8, where a lone surrogate is U+FFFD, as for `TextEncoder`.
 * Uses a runtime's `Buffer`, because it measures without a loop in JavaScript.
 */
export class Utf8 {
  readonly #byteLength: ((text: string) => number) | undefined;
  readonly #write: Utf8Write | undefined;

  /** Relies on `native` only if a trial shows what it does. */
  constructor(native: Partial<NativeBuffer> | undefined) {
    if (native === undefined || !isSound(native)) return;
    this.#byteLength = native.byteLength;
    this.#write = native.prototype.utf8Write;
  }

  /** Bytes that `text` takes. */
  measure(text: string): number {
    const byteLength = this.#byteLength;
    return byteLength === undefined ? utf8Length(text) : byteLength(text);
  }

  /** Writes `text`, of `length` measured bytes, to `into` at `at`. */
  write(into: Uint8Array, at: number, text: string, length: number): void {
    const written = text.length <= LOOP_UNITS
      ? writeShort(into, at, text)
      : this.#write === undefined
      ? encoder.encodeInto(text, into.subarray(at, at + length)).written
      : this.#write.call(into, text, at, length);
    invariant(written === length, "a string of another length than measured");
  }
}

/** That of this runtime. */
export const utf8: Utf8 = new Utf8(
  (globalThis as { Buffer?: Partial<NativeBuffer> }).Buffer,
);

/** `utf8Write` is in all three runtimes, but in no documentation. */
function isSound(native: Partial<NativeBuffer>): native is NativeBuffer {
  const { byteLength, prototype } = native;
  if (typeof byteLength !== "function") return false;
  if (typeof prototype?.utf8Write !== "function") return false;
  const text = "x\u00e9\u20ac\ud83d\ude00\ud800y\udc00";
  const bytes = encoder.encode(text);
  const into = new Uint8Array(bytes.length + 2);
  try {
    return byteLength(text) === bytes.length &&
      prototype.utf8Write.call(into, text, 1, bytes.length) === bytes.length &&
      `${into}` === `0,${bytes},0`;
  } catch {
    return false;
  }
}

/** A lone surrogate counts as U+FFFD, which encoders write in its place. */
function utf8Length(text: string): number {
  let length = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    length += unit < 0x800 ? 1 : 2;
    if (unit < 0xd800 || unit > 0xdbff) continue;
    const low = text.charCodeAt(index + 1);
    // A pair is 4 bytes in 2 units; counted as two lone ones, it would be 6.
    if (low >= 0xdc00 && low <= 0xdfff) index++;
  }
  return length;
}

/** Returns how many bytes it wrote. */
function writeShort(into: Uint8Array, at: number, text: string): number {
  let end = at;
  for (let index = 0; index < text.length; index++) {
    let unit = text.charCodeAt(index);
    if (unit < 0x80) {
      into[end++] = unit;
      continue;
    }
    if (unit >= 0xd800 && unit <= 0xdfff) {
      const low = unit < 0xdc00 ? text.charCodeAt(index + 1) : 0;
      const isPair = low >= 0xdc00 && low <= 0xdfff;
      unit = isPair ? (unit << 10) + low - 0x35fdc00 : 0xfffd;
      if (isPair) index++;
    }
    if (unit < 0x800) into[end++] = 0xc0 | unit >> 6;
    else {
      if (unit < 0x10000) into[end++] = 0xe0 | unit >> 12;
      else {
        into[end++] = 0xf0 | unit >> 18;
        into[end++] = 0x80 | unit >> 12 & 0x3f;
      }
      into[end++] = 0x80 | unit >> 6 & 0x3f;
    }
    into[end++] = 0x80 | unit & 0x3f;
  }
  return end - at;
}

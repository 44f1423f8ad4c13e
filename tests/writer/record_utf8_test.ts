import fc from "fast-check";
import { type NativeBuffer, Utf8 } from "../../writer/record.ts";
import { assertEquals, assertThrows } from "../kit/assert.ts";
import { test } from "../kit/register.ts";

const encoder = new TextEncoder();

/** This runtime's, which the library finds in the same place. */
const { Buffer: native } = globalThis as unknown as { Buffer: NativeBuffer };

const ways = [new Utf8(native), new Utf8(undefined)];

/** Asserts that both ways agree with `TextEncoder`, and write nothing else. */
function assertEncodes(text: string): void {
  const bytes = encoder.encode(text);
  for (const utf8 of ways) {
    assertEquals(utf8.measure(text), bytes.length);
    const into = new Uint8Array(bytes.length + 8).fill(0xaa);
    utf8.write(into, 3, text, bytes.length);
    assertEquals(into.subarray(3, 3 + bytes.length), bytes);
    const around = [...into.subarray(0, 3), ...into.subarray(-5)];
    assertEquals(around, Array(8).fill(0xaa));
  }
}

/** One unit, or a pair, from each range that is encoded differently. */
const units = [
  ...["\0", "a", "\x7f", "\x80", "\xff", "\u07ff", "\u0800", "\ud7ff"],
  ...["\ud800", "\udbff", "\udc00", "\udfff", "\ue000", "\uffff"],
  ...["\ud800\udc00", "\udbff\udfff"],
];

/** Lengths around those at which the way to encode changes. */
const lengths = [0, 1, 2, 30, 31, 32, 33, 34, 64, 100];

test("Utf8 encodes like TextEncoder any three units in a row", () => {
  for (const one of units) {
    for (const other of units) {
      for (const third of units) assertEncodes(one + other + third);
    }
  }
});

test("Utf8 encodes like TextEncoder a surrogate at each place of a string", () => {
  const odd = ["\ud800", "\udc00", "\udc00\ud800", "\ud83d\ude00"];
  for (const length of lengths) {
    for (let at = 0; at <= length; at++) {
      for (const middle of odd) {
        assertEncodes("a".repeat(at) + middle + "a".repeat(length - at));
      }
    }
  }
});

test("Utf8 encodes like TextEncoder strings of one kind of each length", () => {
  for (const unit of units) {
    for (const length of lengths) assertEncodes(unit.repeat(length));
  }
});

test("Utf8 encodes like TextEncoder strings of any kind and length", () => {
  const part = fc.oneof(
    fc.string({ unit: "binary", maxLength: 60 }),
    fc.array(fc.constantFrom(...units), { maxLength: 60 })
      .map((parts) => parts.join("")),
  );
  fc.assert(fc.property(fc.array(part, { maxLength: 4 }), (parts) => {
    let text = "";
    // Joined one by one, so that engines leave the parts where they are.
    for (const one of parts) text += one;
    assertEncodes(text);
  }));
});

test("Utf8 encodes like TextEncoder a part of a string, even half a pair", () => {
  const whole = "\ud83d\ude00".repeat(60);
  for (const length of lengths) {
    for (const from of [0, 1]) assertEncodes(whole.slice(from, from + length));
  }
});

test("Utf8 encodes a string of a megabyte", () => {
  assertEncodes("a".repeat(2 ** 20));
  assertEncodes("a\u00e9\u20ac\ud83d\ude00\ud800".repeat(2 ** 17));
});

test("Utf8 relies on no Buffer that measures or writes otherwise", () => {
  const { byteLength, prototype } = native;
  const { utf8Write } = prototype;
  const liars: Partial<NativeBuffer>[] = [
    { byteLength },
    { prototype },
    { byteLength, prototype: {} as NativeBuffer["prototype"] },
    { byteLength: (text) => text.length, prototype },
    { byteLength, prototype: { utf8Write: () => 0 } },
    {
      byteLength,
      prototype: {
        utf8Write(text, at, length) {
          return utf8Write.call(this, text, at + 1, length);
        },
      },
    },
    {
      byteLength,
      prototype: {
        utf8Write() {
          throw new TypeError("not a Buffer");
        },
      },
    },
  ];
  const text = "\u00e9".repeat(50);
  for (const liar of liars) {
    const utf8 = new Utf8(liar);
    const into = new Uint8Array(100);
    utf8.write(into, 0, text, utf8.measure(text));
    assertEquals(into, encoder.encode(text));
  }
});

test("Utf8.write() notices a string that fills less than was measured", () => {
  for (const utf8 of ways) {
    for (const text of ["\u00e9", "\u00e9".repeat(50)]) {
      const into = new Uint8Array(200);
      const length = utf8.measure(text) + 1;
      assertThrows(() => utf8.write(into, 0, text, length), Error);
    }
  }
});

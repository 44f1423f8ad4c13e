import fc from "fast-check";
import { text } from "../../codec/text.ts";
import { assertEquals, assertThrows } from "../kit/assert.ts";
import { test } from "../kit/register.ts";

const { encode, decode } = text();
const encoder = new TextEncoder();

test("text() gives back every string, with a byte order mark too", () => {
  const property = fc.property(
    fc.oneof(fc.string({ unit: "binary" }), fc.constant("\ufeffx")),
    (value) => {
      assertEquals(decode(encoder.encode(encode(value) as string)), value);
    },
  );
  fc.assert(property);
});

test("text() refuses what could not be read back", () => {
  for (const value of ["\ud800", "a\udc00b", "\udc00\ud800"]) {
    assertThrows(() => encode(value), TypeError, "lone surrogate");
  }
  for (const value of [5, undefined, new Uint8Array(1)]) {
    assertThrows(() => encode(value as never), TypeError, "a string is needed");
  }
  assertEquals(encode("\ud83d\ude00"), "\ud83d\ude00");
});

test("text() refuses bytes that are no UTF-8", () => {
  for (const bytes of [[0xff], [0xc3], [0xed, 0xa0, 0x80]]) {
    assertThrows(() => decode(Uint8Array.from(bytes)), TypeError);
  }
});

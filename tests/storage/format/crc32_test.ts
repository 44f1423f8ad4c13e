import fc from "fast-check";
import {
  crc32,
  crc32Of,
  crc32Portable,
} from "../../../storage/format/crc32.ts";
import { assertEquals, assertNotEquals } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

const text = (value: string) => new TextEncoder().encode(value);

test("crc32() has the check value of its standard", () => {
  assertEquals(crc32(text("123456789")), 0xcbf43926);
  assertEquals(crc32Portable(text("123456789")), 0xcbf43926);
});

test("crc32() of nothing is 0", () => {
  assertEquals([crc32(text("")), crc32Portable(text(""))], [0, 0]);
});

test("crc32() continued by nothing stays what it was", () => {
  assertEquals(crc32Portable(text(""), 0xcbf43926), 0xcbf43926);
  assertEquals(crc32(text(""), 0xcbf43926), 0xcbf43926);
});

test("crc32Portable() equals the native one, at any offset and seed", () => {
  const offset = fc.nat(7);
  const seed = fc.integer({ min: 0, max: 0xffffffff });
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 8, maxLength: 400 }), offset, seed, (
      bytes,
      offset,
      seed,
    ) => {
      const part = bytes.subarray(offset);
      assertEquals(crc32Portable(part, seed), crc32(part, seed));
    }),
  );
});

test("crc32Portable() and crc32Of() equal the native one, whatever the length", () => {
  const bytes = new Uint8Array(1200);
  for (let at = 0; at < bytes.length; at++) bytes[at] = at * at >> 3;
  for (let length = 0; length <= 1100; length++) {
    for (let start = 0; start < 16; start++) {
      const part = bytes.subarray(start, start + length);
      const native = crc32(part);
      if (crc32Portable(part) !== native) throw new Error(`${start} ${length}`);
      const view = new DataView(bytes.buffer, start >> 1);
      const from = start - (start >> 1);
      assertEquals(crc32Of(view, from, from + length), native);
    }
  }
});

test("crc32Portable() can be continued at any point", () => {
  const bytes = text("a checksum may be computed piece by piece");
  for (let cut = 0; cut <= bytes.length; cut++) {
    const head = crc32Portable(bytes.subarray(0, cut));
    assertEquals(crc32Portable(bytes.subarray(cut), head), crc32(bytes));
  }
});

test("crc32() detects every flipped bit", () => {
  const bytes = text("enumerated, not sampled");
  const good = crc32(bytes);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = bytes.slice();
    flipped[bit >> 3] ^= 1 << (bit & 7);
    assertNotEquals(crc32Portable(flipped), good);
  }
});

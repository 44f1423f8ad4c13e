import { isZeros } from "../../recovery/scan_tail.ts";
import { assertEquals } from "../kit/assert.ts";
import { test } from "../kit/register.ts";

const LONGEST = 80;

test("isZeros() is true of zeros alone, at any alignment and length", () => {
  const buffer = new Uint8Array(LONGEST + 8).fill(0xff);
  for (let offset = 0; offset < 8; offset++) {
    for (let length = 0; length <= LONGEST; length++) {
      const bytes = buffer.subarray(offset, offset + length);
      bytes.fill(0);
      assertEquals(isZeros(bytes), true, `${length} at ${offset}`);
      bytes.fill(0xff);
    }
  }
});

test("isZeros() is false whichever byte is not zero", () => {
  const buffer = new Uint8Array(LONGEST + 8);
  for (let offset = 0; offset < 8; offset++) {
    for (let length = 1; length <= LONGEST; length++) {
      const bytes = buffer.subarray(offset, offset + length);
      for (let at = 0; at < length; at++) {
        bytes[at] = 0x80;
        assertEquals(isZeros(bytes), false, `${at} of ${length} at ${offset}`);
        bytes[at] = 0;
      }
    }
  }
});

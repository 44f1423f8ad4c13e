import fc from "fast-check";
import { crc32 } from "../../../storage/format/crc32.ts";
import type { EnvelopeFault } from "../../../storage/format/envelope.ts";
import {
  decodeSegmentHeader,
  encodeSegmentHeader,
  SEGMENT_HEADER_BYTES,
  type SegmentHeader,
} from "../../../storage/format/segment_header.ts";
import { assertEquals } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

const sample: SegmentHeader = {
  firstLsn: 42,
  epoch: 7,
  salt: 0x89abcdef,
  previous: 0xfedcba98,
  log: "00112233445566778899aabbccddeeff",
};

function faultOf(bytes: Uint8Array): EnvelopeFault["fault"] | undefined {
  const found = decodeSegmentHeader(bytes);
  return "fault" in found ? found.fault : undefined;
}

/** The sample with one u32 changed, and a checksum that holds. */
function changed(at: number, value: number): Uint8Array {
  const bytes = encodeSegmentHeader(sample);
  const view = new DataView(bytes.buffer);
  view.setUint32(at, value, true);
  view.setUint32(60, crc32(bytes.subarray(0, 60)), true);
  return bytes;
}

test("decodeSegmentHeader() gives back what encodeSegmentHeader() was given", () => {
  const u32 = fc.nat(0xffffffff);
  const numbers = fc.record({
    firstLsn: fc.maxSafeNat(),
    epoch: fc.maxSafeNat(),
    salt: u32,
    previous: u32,
  });
  fc.assert(fc.property(numbers, (numbers) => {
    const header = { ...sample, ...numbers };
    const bytes = encodeSegmentHeader(header);
    assertEquals(bytes.length, SEGMENT_HEADER_BYTES);
    assertEquals(decodeSegmentHeader(bytes), header);
  }));
});

test("decodeSegmentHeader() detects any flipped bit as damage", () => {
  const bytes = encodeSegmentHeader(sample);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = bytes.slice();
    flipped[bit >> 3] ^= 1 << (bit & 7);
    const expected = bit < 64 ? "magic" : "checksum";
    assertEquals(faultOf(flipped), expected, `bit ${bit}`);
  }
});

test("decodeSegmentHeader() says short of each that is cut off", () => {
  const bytes = encodeSegmentHeader(sample);
  for (let length = 0; length < SEGMENT_HEADER_BYTES; length++) {
    assertEquals(faultOf(bytes.subarray(0, length)), "short");
  }
});

test("decodeSegmentHeader() refuses other versions, and flags it has to know", () => {
  for (const version of [0, 2, 0x01000000]) {
    assertEquals(faultOf(changed(8, version)), "version");
  }
  for (let bit = 0; bit < 32; bit++) {
    const expected = bit < 16 ? "version" : undefined;
    assertEquals(faultOf(changed(12, 2 ** bit)), expected, `bit ${bit}`);
  }
});

import fc from "fast-check";
import { crc32 } from "../../../storage/format/crc32.ts";
import type { EnvelopeFault } from "../../../storage/format/envelope.ts";
import {
  decodeManifest,
  encodeManifest,
  type Manifest,
  MANIFEST_BYTES,
} from "../../../storage/format/manifest.ts";
import { assert, assertEquals } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

const sample: Manifest = {
  log: "00112233445566778899aabbccddeeff",
  epoch: 7,
  firstLsn: 3,
  baseLsn: 20,
  durableLsn: 18,
  rewriteLsn: 19,
  time: 1_700_000_000_000,
  link: 0xfedcba98,
  closed: true,
};

function faultOf(bytes: Uint8Array): EnvelopeFault["fault"] | undefined {
  const found = decodeManifest(bytes);
  return "fault" in found ? found.fault : undefined;
}

/** The sample with one u32 changed, and a checksum that holds. */
function changed(at: number, value: number): Uint8Array {
  const bytes = encodeManifest(sample);
  const view = new DataView(bytes.buffer);
  view.setUint32(at, value, true);
  view.setUint32(124, crc32(bytes.subarray(0, 124)), true);
  return bytes;
}

test("decodeManifest() gives back what encodeManifest() was given", () => {
  const manifest: fc.Arbitrary<Manifest> = fc.record({
    log: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) =>
      [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")
    ),
    epoch: fc.maxSafeNat(),
    firstLsn: fc.maxSafeNat(),
    baseLsn: fc.maxSafeNat(),
    durableLsn: fc.maxSafeNat(),
    rewriteLsn: fc.maxSafeNat(),
    time: fc.maxSafeNat(),
    link: fc.nat(0xffffffff),
    closed: fc.boolean(),
  });
  fc.assert(fc.property(manifest, (manifest) => {
    const bytes = encodeManifest(manifest);
    assertEquals(bytes.length, MANIFEST_BYTES);
    assertEquals(decodeManifest(bytes), { ...manifest });
  }));
});

test("decodeManifest() ignores what lies after its 128 bytes", () => {
  const longer = new Uint8Array(200).fill(7);
  longer.set(encodeManifest(sample));
  assertEquals(decodeManifest(longer), sample);
});

test("decodeManifest() detects any flipped bit as damage", () => {
  const bytes = encodeManifest(sample);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = bytes.slice();
    flipped[bit >> 3] ^= 1 << (bit & 7);
    const expected = bit < 64 ? "magic" : "checksum";
    assertEquals(faultOf(flipped), expected, `bit ${bit}`);
  }
});

test("decodeManifest() says short of each that is cut off", () => {
  const bytes = encodeManifest(sample);
  for (let length = 0; length < MANIFEST_BYTES; length++) {
    assertEquals(faultOf(bytes.subarray(0, length)), "short");
  }
});

test("decodeManifest() refuses other versions, and flags it has to know", () => {
  for (const version of [0, 2, 0x01000000]) {
    assertEquals(faultOf(changed(8, version)), "version");
  }
  for (let bit = 0; bit < 32; bit++) {
    const expected = bit < 16 ? "version" : undefined;
    assertEquals(faultOf(changed(12, 2 ** bit)), expected, `bit ${bit}`);
  }
});

test("decodeManifest() takes nothing but 1 for a clean close", () => {
  for (const value of [0, 2, 0x100, 0xffffffff]) {
    const manifest = decodeManifest(changed(84, value));
    assert(!("fault" in manifest));
    assertEquals(manifest.closed, false);
  }
});

test("encodeManifest() marks the manifest of a backup by a flag that others ignore", () => {
  const manifest = { ...sample, isBackup: true };
  const bytes = encodeManifest(manifest);
  assertEquals(decodeManifest(bytes), manifest);
  assertEquals(new DataView(bytes.buffer).getUint32(12, true), 0x10000);
  assertEquals(decodeManifest(encodeManifest({ ...sample, isBackup: false })), {
    ...sample,
  });
});

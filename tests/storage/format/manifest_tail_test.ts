import fc from "fast-check";
import type { Cut } from "../../../storage/format/cuts.ts";
import { decodeMeta, encodeMeta } from "../../../storage/format/log_meta.ts";
import {
  decodeManifest,
  encodeManifest,
  type Manifest,
  MAX_MANIFEST_BYTES,
  newManifest,
} from "../../../storage/format/manifest.ts";
import { assert, assertEquals } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

const LOG = "00112233445566778899aabbccddeeff";

const tails = fc.record({
  cuts: fc.array(
    fc.record({ at: fc.maxSafeNat(), lastLsn: fc.maxSafeNat() }),
    { maxLength: 8 },
  ).map((cuts) => cuts.map((cut) => ({ ...cut }))),
  meta: fc.option(
    fc.record({
      version: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
      bytes: fc.uint8Array({ maxLength: 4096 }).map((bytes) => bytes.slice()),
    }).map((meta) => ({ ...meta })),
    { nil: undefined },
  ),
});

function manifestWith(cuts: readonly Cut[], meta: Manifest["meta"]): Manifest {
  return {
    ...newManifest(LOG, 5),
    ...(cuts.length > 0 && { cuts }),
    ...(meta && { meta }),
  };
}

test("decodeManifest() gives back cuts and metadata, whatever follows", () => {
  fc.assert(fc.property(tails, fc.nat(50), ({ cuts, meta }, more) => {
    const manifest = manifestWith(cuts, meta);
    const bytes = encodeManifest(manifest);
    assert(bytes.length <= MAX_MANIFEST_BYTES);
    assertEquals(decodeManifest(bytes), manifest);
    const longer = new Uint8Array(bytes.length + more).fill(7);
    longer.set(bytes);
    assertEquals(decodeManifest(longer), manifest);
  }));
});

test("decodeManifest() detects any flipped bit and any missing byte of a tail", () => {
  const meta = { version: 3, bytes: Uint8Array.of(1, 2, 3) };
  const cuts = [{ at: 2, lastLsn: 7 }, { at: 5, lastLsn: 9 }];
  const bytes = encodeManifest(manifestWith(cuts, meta));
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = bytes.slice();
    flipped[bit >> 3] ^= 1 << (bit & 7);
    assert("fault" in decodeManifest(flipped), `bit ${bit}`);
  }
  for (let length = 0; length < bytes.length; length++) {
    const found = decodeManifest(bytes.subarray(0, length));
    assertEquals("fault" in found && found.fault, "short", `${length} bytes`);
  }
});

test("decodeMeta() gives back what encodeMeta() was given, and nothing else", () => {
  const bytes = fc.uint8Array({ maxLength: 40 }).map((bytes) => bytes.slice());
  const version = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
  fc.assert(fc.property(version, bytes, (version, bytes) => {
    const entry = encodeMeta({ version, bytes });
    assertEquals(decodeMeta(entry), { version, bytes });
    assertEquals(decodeMeta(entry.subarray(0, 7)), undefined);
  }));
  assertEquals(decodeMeta(new Uint8Array(20)), undefined);
  assertEquals(decodeMeta(new Uint8Array(20).fill(255)), undefined);
});

import fc from "fast-check";
import {
  decodeIndex,
  encodeIndex,
  INDEX_FOOTER_BYTES,
  indexBytes,
  type IndexEntry,
  indexFrameBytes,
} from "../../../storage/format/segment_index.ts";
import { assertEquals } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

/** Entries of rising LSNs, three apart. */
const entriesOf = (count: number): IndexEntry[] =>
  Array.from({ length: count }, (_, index) => {
    return { lsn: 10 + 3 * index, offset: 64 + 1000 * index };
  });

test("indexBytes() is what encodeIndex() lays out, nothing for no entry", () => {
  for (let count = 0; count < 20; count++) {
    const bytes = encodeIndex(entriesOf(count), 1).length;
    assertEquals(bytes, indexBytes(count));
    assertEquals(bytes, count === 0 ? 0 : 16 * count + 8);
  }
});

test("encodeIndex() writes pairs, the frame's length and SLIX", () => {
  const bytes = encodeIndex([{ lsn: 2, offset: 2 ** 40 }], 72);
  const view = new DataView(bytes.buffer);
  assertEquals(view.getBigUint64(0, true), 2n);
  assertEquals(view.getBigUint64(8, true), 2n ** 40n);
  assertEquals(view.getUint32(16, true), 72);
  assertEquals(new TextDecoder().decode(bytes.subarray(20)), "SLIX");
});

test("decodeIndex() gives the entries that were encoded", () => {
  for (let count = 0; count < 12; count++) {
    const entries = entriesOf(count);
    assertEquals(decodeIndex(encodeIndex(entries, 1)), entries);
  }
});

test("decodeIndex() never throws, whatever the payload holds", () => {
  const payload = fc.uint8Array({ maxLength: 120 });
  fc.assert(fc.property(payload, (payload) => {
    const count = Math.max(0, Math.floor((payload.length - 8) / 16));
    assertEquals(decodeIndex(payload).length, count);
  }));
});

test("indexFrameBytes() knows a footer by its magic, else gives 0", () => {
  const index = encodeIndex(entriesOf(3), 4711);
  const footer = index.slice(-INDEX_FOOTER_BYTES);
  assertEquals(indexFrameBytes(footer), 4711);
  for (let at = 4; at < 8; at++) {
    const changed = footer.slice();
    changed[at] ^= 1;
    assertEquals(indexFrameBytes(changed), 0);
  }
  for (let length = 0; length < 8; length++) {
    assertEquals(indexFrameBytes(footer.subarray(0, length)), 0);
  }
});

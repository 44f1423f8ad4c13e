import fc from "fast-check";
import {
  encodeIndex,
  findEntry,
  INDEX_FOOTER_BYTES,
  indexBytes,
  type IndexEntry,
  indexFrameBytes,
} from "../../../storage/format/segment_index.ts";
import { IndexBuilder } from "../../../storage/segments/active_segment.ts";
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

test("findEntry() gives the last entry at or below each LSN", () => {
  for (let count = 0; count < 12; count++) {
    const entries = entriesOf(count);
    const payload = encodeIndex(entries, 1);
    for (let lsn = 0; lsn < 50; lsn++) {
      const expected = entries.findLast((entry) => entry.lsn <= lsn);
      assertEquals(findEntry(payload, lsn), expected, `${count}, ${lsn}`);
    }
  }
});

test("findEntry() never throws, whatever the payload holds", () => {
  const payload = fc.uint8Array({ maxLength: 120 });
  fc.assert(fc.property(payload, fc.maxSafeNat(), (payload, lsn) => {
    const entry = findEntry(payload, lsn);
    if (entry !== undefined) assertEquals(entry.lsn <= lsn, true);
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

test("IndexBuilder notes one frame each 64 KiB, but not the first", () => {
  const builder = new IndexBuilder(64);
  const step = 10_000;
  for (let lsn = 1; lsn <= 100; lsn++) builder.add(lsn, 64 + (lsn - 1) * step);
  const gaps = builder.entries.map(({ offset }, index) =>
    offset - (builder.entries[index - 1]?.offset ?? 64)
  );
  assertEquals(new Set(gaps), new Set([70_000]));
  assertEquals(builder.entries[0], { lsn: 8, offset: 64 + 70_000 });
  assertEquals(builder.entries.length, 14);
});

import {
  FrameIndex,
  IndexBuilder,
} from "../../../storage/segments/frame_index.ts";
import { assertEquals } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

/** Entries of rising LSNs, three apart. */
const entriesOf = (count: number) =>
  Array.from({ length: count }, (_, index) => {
    return { lsn: 10 + 3 * index, offset: 2 ** 40 + 1000 * index };
  });

test("FrameIndex.find() gives the last entry at or below each LSN", () => {
  for (let count = 0; count < 12; count++) {
    const entries = entriesOf(count);
    const index = FrameIndex.of(entries);
    for (let lsn = 0; lsn < 50; lsn++) {
      const expected = entries.findLastIndex((entry) => entry.lsn <= lsn);
      assertEquals(index.find(lsn), expected, `${count}, ${lsn}`);
    }
  }
});

test("FrameIndex holds what was added, however much it is", () => {
  const index = new FrameIndex();
  const entries = entriesOf(3000);
  for (const [at, { lsn, offset }] of entries.entries()) {
    assertEquals(index.length, at);
    index.add(lsn, offset);
  }
  assertEquals(index.entries, entries);
  assertEquals(index.at(2999), entries[2999]);
  for (const at of [-1, 3000, NaN]) assertEquals(index.at(at), undefined);
});

test("FrameIndex wastes the memory of 256 entries at most", () => {
  const index = new FrameIndex();
  for (const { lsn, offset } of entriesOf(5000)) {
    index.add(lsn, offset);
    const spare = index.bytes / 16 - index.length;
    assertEquals(spare >= 0 && spare < Math.max(8, 256), true, `${spare}`);
  }
});

test("IndexBuilder notes one frame each 32 KiB, but not the first", () => {
  const builder = new IndexBuilder(64);
  const step = 10_000;
  for (let lsn = 1; lsn <= 100; lsn++) builder.add(lsn, 64 + (lsn - 1) * step);
  const gaps = builder.index.entries.map(({ offset }, index) =>
    offset - (builder.index.entries[index - 1]?.offset ?? 64)
  );
  assertEquals(new Set(gaps), new Set([40_000]));
  assertEquals(builder.index.entries[0], { lsn: 5, offset: 64 + 40_000 });
  assertEquals(builder.index.entries.length, 24);
});

test("IndexBuilder takes 32 kB for a segment of 64 MiB, whatever its frames", () => {
  for (const frameBytes of [56, 152, 6_704, 32 * 1024, 4 * 2 ** 20]) {
    const builder = new IndexBuilder(64);
    for (let lsn = 1, at = 64; at < 64 * 2 ** 20; at += frameBytes) {
      builder.add(lsn++, at);
    }
    const { bytes } = builder.index;
    assertEquals(bytes <= 32 * 1024, true, `${bytes} for ${frameBytes}`);
  }
});

import { IndexBuilder } from "../../../storage/segments/index_builder.ts";
import { assertEquals } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

test("IndexBuilder notes one frame each 32 KiB, but not the first", () => {
  const builder = new IndexBuilder(64);
  const step = 10_000;
  for (let lsn = 1; lsn <= 100; lsn++) builder.add(lsn, 64 + (lsn - 1) * step);
  const gaps = builder.entries.map(({ offset }, index) =>
    offset - (builder.entries[index - 1]?.offset ?? 64)
  );
  assertEquals(new Set(gaps), new Set([40_000]));
  assertEquals(builder.entries[0], { lsn: 5, offset: 64 + 40_000 });
  assertEquals(builder.entries.length, 24);
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

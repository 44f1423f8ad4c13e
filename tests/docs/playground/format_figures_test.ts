import type { Figures } from "../../../cli/lab/candidates.ts";
import {
  COLUMNS,
  formatFigures,
  formatMs,
} from "../../../docs/playground/format_figures.ts";
import { assertEquals } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

const row: Figures = {
  name: "leader",
  ...{ meanMs: 2, p50Ms: 1, p99Ms: 0.0305, p999Ms: 4000, maxMs: 9000 },
  ...{ flushesPerSecond: 1234.4, recordsPerFlush: 4.25, busyShare: 0.5 },
};

test("formatFigures() has a cell for each column, with its unit", () => {
  const [cells] = formatFigures([row]);
  const texts = cells.map(({ text }) => text);
  assertEquals(texts, [
    ...["2.00 ms", "1.00 ms", "30.5 µs", "4.00 s", "1,234", "4.3", "50.0 %"],
  ]);
  assertEquals(COLUMNS.length, texts.length);
});

test("formatFigures() marks the best of each column, and none of one row", () => {
  const other = { ...row, meanMs: 1, p50Ms: 3, recordsPerFlush: 9 };
  const marks = formatFigures([row, other])
    .map((cells) => cells.slice(0, 2).concat(cells[5]))
    .map((cells) => cells.map(({ isBest }) => isBest));
  assertEquals(marks, [[false, true, false], [true, false, true]]);
  const [alone] = formatFigures([row]);
  assertEquals(alone.some(({ isBest }) => isBest), false);
});

test("formatFigures() treats what reads the same as equally good", () => {
  const [first, second] = formatFigures([row, { ...row, meanMs: 2.001 }]);
  assertEquals([first[0].isBest, second[0].isBest], [true, true]);
});

test("formatFigures() marks nothing that is not a number", () => {
  const [first, second] = formatFigures([{ ...row, meanMs: NaN }, row]);
  assertEquals([first[0], second[0].isBest], [
    { text: "-", isBest: false },
    true,
  ]);
});

test("formatMs() has three digits", () => {
  const texts = [0.00123, 1.5, 12.34, 1234].map(formatMs);
  assertEquals(texts, ["1.23 µs", "1.50 ms", "12.3 ms", "1.23 s"]);
});

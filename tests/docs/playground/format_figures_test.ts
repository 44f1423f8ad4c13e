import type { Figures } from "../../../cli/lab/candidates.ts";
import {
  columnsFor,
  formatFigures,
  formatGoal,
  formatMs,
  formatSpread,
} from "../../../docs/playground/format_figures.ts";
import { assertEquals } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

const row: Figures = {
  name: "leader",
  ...{ meanMs: 2, p50Ms: 1, p99Ms: 0.0305, p999Ms: 4000, maxMs: 9000 },
  ...{ recordsPerSecond: 5246, flushesPerSecond: 1234.4 },
  ...{ recordsPerFlush: 4.25, busyShare: 0.5 },
};

test("formatFigures() has a cell for each column, with its unit", () => {
  const [cells] = formatFigures([row], 0);
  const texts = cells.map(({ text }) => text);
  assertEquals(texts, [
    ...["2.00 ms", "1.00 ms", "30.5 µs", "4.00 s", "5,246", "1,234", "4.3"],
    "50.0 %",
  ]);
  assertEquals(columnsFor(0).length, texts.length);
});

test("formatFigures() has what a month costs if flushes have a price", () => {
  const rows = [row, { ...row, flushesPerSecond: 9.8 }];
  const months = formatFigures(rows, 5).map((cells) => cells.at(-1));
  assertEquals(months, [
    { text: "16,231", isBest: false },
    { text: "129", isBest: true },
  ]);
  assertEquals(columnsFor(5).length, columnsFor(0).length + 1);
});

test("formatFigures() marks the best of each column, and none of one row", () => {
  const other = { ...row, meanMs: 1, p50Ms: 3, recordsPerFlush: 9 };
  const marks = formatFigures([row, other], 0)
    .map((cells) => cells.slice(0, 2).concat(cells[6]))
    .map((cells) => cells.map(({ isBest }) => isBest));
  assertEquals(marks, [[false, true, false], [true, false, true]]);
  const [alone] = formatFigures([row], 0);
  assertEquals(alone.some(({ isBest }) => isBest), false);
});

test("formatFigures() treats what reads the same as equally good", () => {
  const rows = [row, { ...row, meanMs: 2.001 }, { ...row, meanMs: 3 }];
  const marks = formatFigures(rows, 0).map(([mean]) => mean.isBest);
  assertEquals(marks, [true, true, false]);
});

test("formatFigures() marks nothing in a column without differences", () => {
  const rows = [row, { ...row, recordsPerSecond: 5250 }];
  const marks = formatFigures(rows, 0).map((cells) => cells[4].isBest);
  assertEquals(marks, [false, false]);
});

test("formatFigures() marks nothing that is not a number", () => {
  const rows = [{ ...row, meanMs: NaN }, row, { ...row, meanMs: 3 }];
  const [first, second] = formatFigures(rows, 0);
  assertEquals([first[0], second[0].isBest], [
    { text: "-", isBest: false },
    true,
  ]);
});

test("formatSpread() goes from low to high, with one unit if it can", () => {
  const spread = { low: 0.9, median: 2, high: 4 };
  assertEquals(formatSpread("mean", spread), "900 µs – 4.00 ms");
  assertEquals(formatSpread("p99", { ...spread, low: 1 }), "1.00 – 4.00 ms");
  assertEquals(formatSpread("rate", spread), "0.9 – 4.0");
  // Flushes for 1,000 records are shown as records per flush.
  assertEquals(formatSpread("money", spread), "250.0 – 1,111");
  assertEquals(formatGoal("money", 20), "50.0");
});

test("formatMs() has three digits", () => {
  const texts = [0.00123, 1.5, 12.34, 1234].map(formatMs);
  assertEquals(texts, ["1.23 µs", "1.50 ms", "12.3 ms", "1.23 s"]);
});

import {
  formatAmount,
  formatCount,
  formatDuration,
  formatRecords,
} from "../../../cli/io/format.ts";
import { assertEquals } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

test("formatAmount() puts one thing in the singular, and only one", () => {
  assertEquals(
    [0, 1, 2, 1234].map((count) => formatAmount(count, "byte")),
    ["0 bytes", "1 byte", "2 bytes", "1,234 bytes"],
  );
  assertEquals([formatRecords(1), formatRecords(2)], ["1 record", "2 records"]);
  assertEquals(formatCount(1234567), "1,234,567");
});

test("formatDuration() shows three digits and a unit", () => {
  const shown = [0, 0.00345, 0.0583, 0.9994, 0.9996, 12.34, 999.6, 87_000]
    .map(formatDuration);
  assertEquals(shown, [
    ...["0.00 us", "3.45 us", "58.3 us", "999 us", "1.00 ms", "12.3 ms"],
    ...["1.00 s", "87.0 s"],
  ]);
  assertEquals(formatDuration(NaN), "-");
});

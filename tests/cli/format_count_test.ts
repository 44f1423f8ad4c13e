import {
  formatAmount,
  formatCount,
  formatRecords,
} from "../../cli/io/format.ts";
import { assertEquals } from "../kit/assert.ts";
import { test } from "../kit/register.ts";

test("formatAmount() puts one thing in the singular, and only one", () => {
  assertEquals(
    [0, 1, 2, 1234].map((count) => formatAmount(count, "byte")),
    ["0 bytes", "1 byte", "2 bytes", "1,234 bytes"],
  );
  assertEquals([formatRecords(1), formatRecords(2)], ["1 record", "2 records"]);
  assertEquals(formatCount(1234567), "1,234,567");
});

import { compact, millis } from "../../../docs/figures/markdown_table.ts";
import { assertEquals } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

test("compact() rounds before it chooses the unit", () => {
  const rows: [number, string][] = [
    ...[[0.5, "0.500"], [999.4, "999"], [999.6, "1.00k"]] as const,
    ...[[12_345, "12.3k"], [999_400, "999k"], [999_600, "1.00M"]] as const,
    ...[[NaN, "-"], [8.47e6, "8.47M"]] as const,
  ].map(([value, text]) => [value, text]);
  for (const [value, text] of rows) assertEquals(compact(value), text);
});

test("millis() shows three digits, and no fraction from 100 on", () => {
  assertEquals([0.1234, 12.34, 123.4].map(millis), ["0.123", "12.3", "123"]);
});

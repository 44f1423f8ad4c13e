import { insertTables } from "../../../docs/figures/tables.ts";
import { assertEquals, assertThrows } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

const PLACE = "<!-- figures: one -->\nold\n<!-- end of figures -->";

test("insertTables() replaces what is at a table's place, and no more", () => {
  const document = `above\n${PLACE}\nbelow\n`;
  const written = insertTables(document, new Map([["one", "| $& new |"]]));
  assertEquals(
    written,
    "above\n<!-- figures: one -->\n\n| $& new |\n\n<!-- end of figures -->\n" +
      "below\n",
  );
  assertEquals(
    insertTables(written, new Map([["one", "| $& new |"]])),
    written,
  );
});

test("insertTables() refuses a place without a table", () => {
  assertThrows(
    () => insertTables(PLACE, new Map()),
    Error,
    'No table is called "one"',
  );
});

test("insertTables() refuses a table without a place", () => {
  const tables = new Map([["one", "1"], ["two", "2"], ["three", "3"]]);
  assertThrows(
    () => insertTables(PLACE, tables),
    Error,
    "The document has no place for: two, three",
  );
});

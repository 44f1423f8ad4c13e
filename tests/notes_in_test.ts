import { assertEquals } from "./kit/assert.ts";
import { test } from "./kit/register.ts";
import { notesIn } from "./runner/notes.ts";

test("notesIn() finds what was skipped and how much was tried, once", () => {
  const output = "a ... ok\nskipped: b, so c\n  skipped: b, so c\n" +
    "not skipped: d\nexplored 12 distinct crash states\nexplored the house\n" +
    "17 of 18 planted bugs are caught";
  assertEquals(notesIn(output), [
    "skipped: b, so c",
    "explored 12 distinct crash states",
    "17 of 18 planted bugs are caught",
  ]);
  assertEquals(notesIn(""), []);
});

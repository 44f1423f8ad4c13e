import { assertEquals } from "../support/assert.ts";
import { test } from "../support/register.ts";
import { skipsIn } from "../support/runner/skips.ts";

test("skipsIn() finds each line that begins with skipped: once", () => {
  const output =
    "a ... ok\nskipped: b, so c\n  skipped: b, so c\nnot skipped: d";
  assertEquals(skipsIn(output), ["skipped: b, so c"]);
  assertEquals(skipsIn(""), []);
});

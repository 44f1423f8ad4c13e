import { matches } from "../../../../docs/examples/durable-streams/subscriptions/subscription.ts";
import { assertEquals } from "../../../kit/assert.ts";
import { test } from "../../../kit/register.ts";

test("matches() takes * as one segment of a path and ** as any number", () => {
  const cases: [pattern: string, path: string, expected: boolean][] = [
    ["a/b", "/a/b/", true],
    ["a/b", "a/b/c", false],
    ["a/*", "a/b", true],
    ["a/*", "a", false],
    ["a/*", "a/b/c", false],
    ["**", "a/b", true],
    ["a/**", "a", true],
    ["a/**", "b/a", false],
    ["**/c", "a/b/c", true],
    ["**/c", "a/c/b", false],
    ["a/**/b/*", "a/b/b/c", true],
    ["a/**/b/*", "a/b", false],
    ["a.c", "abc", false],
  ];
  for (const [pattern, path, expected] of cases) {
    assertEquals(matches(pattern, path), expected, `${pattern} ${path}`);
  }
});

test("matches() does not take long for any pattern", () => {
  const pattern = "**/a/".repeat(60) + "b";
  assertEquals(matches(pattern, "a/".repeat(200) + "c"), false);
});

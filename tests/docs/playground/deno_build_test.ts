import { stop } from "esbuild";
import { readFile } from "node:fs/promises";
import { buildPage } from "../../../docs/playground/build.ts";
import { assert, assertEquals, assertMatch } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

const url = new URL("../../../docs/playground/index.html", import.meta.url);
const committed = await readFile(url, "utf8");
const built = await buildPage();
await stop();

test("docs/playground/index.html is what its sources build", () => {
  assert(
    built === committed,
    "run `deno task playground`, and commit the page",
  );
});

test("the playground names nothing that a browser would load", () => {
  // In a drawing `url(#…)` is another part of it.
  const loads =
    /\b(src|href|action|poster)="(?!#|data:,")|@import|\burl\((?!#)/g;
  assertEquals([...committed.matchAll(loads)].map(String), []);
  assertMatch(committed, /content="default-src 'none'; script-src 'sha256-/);
});

test("the playground is small enough to load at once", () => {
  assert(committed.length < 600_000, `${committed.length} characters`);
});

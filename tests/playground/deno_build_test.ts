import { stop } from "esbuild";
import { readFile } from "node:fs/promises";
import { buildPage } from "../../playground/build_page.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { test } from "../support/register.ts";

const url = new URL("../../docs/playground/index.html", import.meta.url);
const committed = await readFile(url, "utf8");

// Not in the test: the bundler's process may end a moment after it, which the
// sanitizers of Deno would take for a leak.
const built = await buildPage();
await stop();

test("docs/playground/index.html is what its sources build", () => {
  assert(
    built === committed,
    "run `deno task playground`, and commit the page",
  );
});

test("the playground names nothing that a browser would load", () => {
  const loads = /\b(src|href|action|poster)="(?!#|data:,")|@import|\burl\(/g;
  assertEquals([...committed.matchAll(loads)].map(String), []);
  assertMatch(committed, /content="default-src 'none'; script-src 'sha256-/);
});

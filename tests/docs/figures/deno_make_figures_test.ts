/**
 * Holds docs/policies.md and its plots to what `deno task plots` makes, byte for
 * byte. For Deno alone, because Deno makes them: Node and Bun made the same when
 * that was tried, but no standard promises that the last digit of a logarithm,
 * and so of an arrival, is the same in each engine.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { DOCUMENT, makeFigures } from "../../../docs/figures/main.ts";
import { assert, assertEquals, assertFalse } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";
import { root } from "../../runner/files.ts";

const document = await readFile(`${root}/${DOCUMENT}`, "utf8");
const figures = makeFigures(document);

for (const [path, made] of figures) {
  test(`${path} is what "deno task plots" makes`, async () => {
    const committed = await readFile(`${root}/${path}`, "utf8");
    assert(made === committed, `${path} is stale: run "deno task plots"`);
    // The chart library marks a plot that it warns about.
    const wrong = /NaN|Infinity|undefined|\u26a0/;
    assertFalse(path.endsWith(".svg") && wrong.test(made));
  });
}

test("docs/policies.md shows the plots that are made, and no others", () => {
  const shown = [...document.matchAll(/!\[[^\]]+\]\((.+?)\)/g)]
    .map(([, path]) => `docs/${path}`);
  const made = [...figures.keys()].filter((path) => path.endsWith(".svg"));
  assertEquals(shown.sort(), made.sort());
});

/**
 * Checks what the playground imports, and that its pure parts know no page.
 *
 * @module
 */
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { assert, assertEquals } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";
import { importsOf, linesOf } from "../../kit/sources.ts";

const folder = fileURLToPath(
  new URL("../../../docs/playground", import.meta.url),
);
const sources = readdirSync(folder, { recursive: true })
  .map((file) => `docs/playground/${file}`.replaceAll("\\", "/"))
  .filter((file) => file.endsWith(".ts"));
const isPage = (file: string) => file.startsWith("docs/playground/page/");
const isTool = (file: string) => file === "docs/playground/build.ts";

test("the playground imports itself, plots and pure parts of the library", () => {
  const allows = (to: string) =>
    /^docs\/(playground|figures\/(plot|roster))\b/.test(to) ||
    /^(policies|simulator|trace|cli)\//.test(to);
  const breaches = sources.filter((file) => !isTool(file)).flatMap((file) =>
    importsOf(file).filter(({ to }) => !allows(to)).map(({ to }) =>
      `${file} -> ${to}`
    )
  );
  assertEquals(breaches, []);
});

test("what decides what the page shows knows nothing of a page", () => {
  const pure = sources.filter((file) => !isPage(file) && !isTool(file));
  assert(pure.length > 5);
  for (const file of pure) {
    const text = linesOf(file).join("\n");
    assert(!/\bdocument\.|\bglobalThis\b/.test(text), file);
    assertEquals(importsOf(file).filter(({ to }) => isPage(to)), []);
  }
});

/**
 * Checks that the checker of the site's links finds what is broken.
 *
 * @module
 */
import { mkdir, writeFile } from "node:fs/promises";
import {
  checkLinks,
  type LinkReport,
} from "../../../docs/site/broken_links.ts";
import { assertEquals } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";
import { withTempDir } from "../../kit/temp_dir.ts";

/** Checks a site of a page, and of `guides/a.html` with the anchor `here`. */
function check(page: string, name = "index.html"): Promise<LinkReport> {
  return withTempDir(async (folder) => {
    await mkdir(`${folder}/guides`);
    await writeFile(`${folder}/guides/a.html`, '<h1 id="here">A</h1>');
    await writeFile(`${folder}/guides/p.svg`, "<svg/>");
    await writeFile(`${folder}/${name}`, page);
    return checkLinks(folder);
  });
}

test("checkLinks() finds pages, pictures and anchors that are not there", async () => {
  const { broken } = await check(
    '<a href="guides/b.html">B</a> <a class="x" href="guides/a.html#gone">A</a>' +
      '<img src="guides/q.svg" alt=""> <a href="#gone">C</a> <a href="/x">D</a>',
  );
  assertEquals(broken, [
    "index.html: #gone",
    "index.html: /x",
    "index.html: guides/a.html#gone",
    "index.html: guides/b.html",
    "index.html: guides/q.svg",
  ]);
});

test("checkLinks() passes what is there, and what scripts contain", async () => {
  const { broken } = await check(
    '<p id="x"><a href="#x">X</a><a href="guides/a.html#here">A</a>' +
      '<a href="./">B</a><img src="guides/p.svg"></p>' +
      "<script>'<a href=\"gone.html\">'</script>",
  );
  assertEquals(broken, []);
});

test("checkLinks() lists links to other sites, and does not follow them", async () => {
  const page = '<a href="https://example.com/?a&amp;b#c">E</a>' +
    '<a href="mailto:a@example.com">M</a>';
  const { broken, external } = await check(page);
  assertEquals([broken, external], [[], ["https://example.com/?a&b#c"]]);
});

test("checkLinks() follows links in Markdown, except in code", async () => {
  const text = "[A](guides/a.html) [B](gone.md) `[C](gone.md#c)`\n";
  const { broken } = await check(text, "llms.txt");
  assertEquals(broken, ["llms.txt: gone.md"]);
});

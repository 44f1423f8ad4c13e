/**
 * Checks that the site's table of contents has every document, and what it
 * makes of one.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { makeDocument } from "../../../docs/site/document.ts";
import { guideFiles, GUIDES, pageOf } from "../../../docs/site/guides.ts";
import { assert, assertEquals } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";
import { documents, root } from "../../runner/files.ts";

test("GUIDES has every document of docs/, once", () => {
  const files = guideFiles();
  const missing = documents().filter((file) => !files.includes(file));
  assertEquals(missing, [], "put it in a group of docs/site/guides.ts");
  assertEquals(files.filter((file) => !existsSync(join(root, file))), []);
  assertEquals(new Set(files).size, files.length);
});

test("GUIDES has groups with different titles, and something in them", () => {
  const titles = GUIDES.map(({ title }) => title);
  assertEquals(new Set(titles).size, titles.length);
  assert(GUIDES.every(({ files }) => files.length > 0));
});

test("pageOf() gives each document a page in the folder of its kind", () => {
  const pages = guideFiles().map(pageOf);
  assertEquals(new Set(pages).size, pages.length);
  assertEquals(
    ["README.md", "docs/cli.md", "docs/examples/kv/README.md", "LICENSE"]
      .map(pageOf),
    ["index", "guides/cli", "examples/kv", "guides/license"],
  );
  assertEquals(pageOf("docs/examples/README.md"), "examples/index");
});

test("makeDocument() finds the title and the first whole sentence", () => {
  const text = "# The `wal` tool\n\n```sh\nwal x.\n```\n\nFor example:\n\n" +
    "It reads\n[a log](cli.md), e.g.\nyours. And more.\n";
  const { title, summary } = makeDocument("docs/x.md", text, () => undefined);
  assertEquals(title, "The wal tool");
  assertEquals(summary, "It reads a log, e.g. yours.");
});

test("makeDocument() makes a heading of the first line if there is none", () => {
  const { title, text } = makeDocument("LICENSE", "MIT\n\nX.\n", () => "file");
  assertEquals([title, text], ["MIT", "# MIT\n\nX."]);
});

/**
 * Checks where the links of a document lead in the site.
 *
 * @module
 */
import {
  type Kind,
  mapLinks,
  PLAYGROUND,
  REPOSITORY,
  SITE,
  siteLink,
} from "../../../docs/site/links.ts";
import { assertEquals } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

const kinds: Readonly<Record<string, Kind>> = {
  "mod.ts": "file",
  "bench": "folder",
  "docs/examples/kv/main.ts": "file",
};

function linkIn(file: string, link: string): string {
  return siteLink(link, { file, kindOf: (path) => kinds[path] });
}

test("siteLink() keeps links between documents, to pictures and elsewhere", () => {
  const links = [
    ...["policies.md", "policies.md#which-one", "../CHANGELOG.md", "#here"],
    ...["plots/thread.svg", "grafana/syncline.json", "https://example.com/#x"],
    "mailto:a@example.com",
  ];
  assertEquals(links.map((link) => linkIn("docs/guide.md", link)), links);
});

test("siteLink() leads from the repository's address to the site's page", () => {
  const link = `${REPOSITORY}/blob/main/docs/durability.md#assumptions`;
  assertEquals(linkIn("README.md", link), "docs/durability.md#assumptions");
  assertEquals(linkIn("docs/guide.md", link), "durability.md#assumptions");
});

test("siteLink() leads to the README of a folder that has one", () => {
  assertEquals(linkIn("docs/guide.md", "examples/"), "examples/README.md");
  assertEquals(linkIn("README.md", "docs/examples"), "docs/examples/README.md");
});

test("siteLink() leads to the repository for what the site does not show", () => {
  assertEquals(
    ["../mod.ts#L3", "../bench/", "examples/kv/main.ts"]
      .map((link) => linkIn("docs/guide.md", link)),
    [
      "blob/main/mod.ts#L3",
      "tree/main/bench",
      "blob/main/docs/examples/kv/main.ts",
    ]
      .map((path) => `${REPOSITORY}/${path}`),
  );
});

test("siteLink() leads to the playground and the reference of the site", () => {
  const playground = linkIn("docs/policies.md", "playground/index.html");
  assertEquals(playground, SITE + PLAYGROUND);
  const reference = linkIn("README.md", "https://jsr.io/@syncline/wal/doc");
  assertEquals(reference, `${SITE}modules.html`);
});

test("siteLink() leaves a link that leads nowhere, for the checker", () => {
  const links = ["nowhere.md", "../../outside.md", "../nowhere.ts"];
  assertEquals(links.map((link) => linkIn("docs/guide.md", link)), links);
});

test("mapLinks() changes links and pictures, and no code", () => {
  const code = "`[a](b)`\n\n```md\n[a](b)\n```\n\n~~~\n[a](b)\n~~~\n";
  assertEquals(mapLinks(code, () => "x"), code);
  assertEquals(
    mapLinks("[`a`](b) ![c](d)\n[e\nf](g) `h\n[i]: j\n", (link) => `${link}!`),
    "[`a`](b!) ![c](d!)\n[e\nf](g!) `h\n[i]: j!\n",
  );
});

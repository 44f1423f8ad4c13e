/**
 * Builds the site, as `deno task docs` does, and checks that nothing is
 * missing. The tests in Chromium look at what is built here.
 *
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import { checkLinks } from "../../../docs/site/broken_links.ts";
import { readDocument } from "../../../docs/site/document.ts";
import { guideFiles, GUIDES, pageOf } from "../../../docs/site/guides.ts";
import { REPOSITORY } from "../../../docs/site/links.ts";
import { sectionsOf } from "../../../docs/site/search_sections.ts";
import {
  assert,
  assertEquals,
  assertStringIncludes,
} from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";
import { buildDir, root } from "../../runner/files.ts";

const folder = join(buildDir, "docs");
const script = join(root, "docs/site/main.ts");
const { success, stderr } = await new Deno.Command(Deno.execPath(), {
  args: ["run", "-A", "--no-check", "--cached-only", script, folder],
  cwd: root,
}).output();
if (!success) throw new Error(new TextDecoder().decode(stderr));

const read = (path: string) => readFileSync(join(folder, path), "utf8");
const manifest = JSON.parse(readFileSync(join(root, "deno.json"), "utf8"));
const modules = Object.keys(manifest.exports).map((path) => ({
  name: manifest.name + path.slice(1),
  page: `reference/${path === "." ? "wal" : path.slice(2)}.html`,
}));

/** What the site's script reads: JSON, compressed, in a string. */
function dataOf(path: string): unknown {
  const [, data] = /"([^"]*)"/.exec(read(path))!;
  return JSON.parse(String(inflateSync(
    new Uint8Array(
      Uint8Array.from(atob(data), (byte) => byte.charCodeAt(0)),
    ),
  )));
}

interface Entry {
  readonly text: string;
  readonly path?: string;
  readonly children?: readonly Entry[];
}

function allOf(entries: readonly Entry[]): Entry[] {
  return entries.flatMap((entry) => [entry, ...allOf(entry.children ?? [])]);
}

test("the site has a page for each entry point, under its name", () => {
  const list = read("modules.html");
  assert(modules.length >= 14);
  for (const { name, page } of modules) {
    assertStringIncludes(read(page), `<h1>Module ${name}</h1>`);
    assertStringIncludes(list, `href="${page}">${name}</a>`);
  }
  const summaries = list.slice(list.indexOf('id="modules"'))
    .split("<dd").slice(1);
  assertEquals(summaries.length, modules.length);
  assert(summaries.every((text) => text.includes("<p>")), "no description");
});

test("the site shows each guide, with its pictures", () => {
  for (const file of guideFiles()) {
    const { title, text } = readDocument(file);
    const page = read(`${pageOf(file)}.html`);
    assertStringIncludes(page.replaceAll(/<\/?code>/g, ""), `>${title}<a `);
    const pictures = text.match(/^!\[/gm)?.length ?? 0;
    assertEquals(page.match(/<img /g)?.length ?? 0, pictures, file);
  }
});

test("a guide and a module describe themselves, and the playground leads back", () => {
  const descriptionOf = (page: string) =>
    /<meta name="description" content="([^"]*)"/.exec(read(page))?.[1];
  assertEquals(
    descriptionOf("guides/policies.html"),
    readDocument("docs/policies.md").summary,
  );
  assertStringIncludes(descriptionOf("reference/codec.html")!, "Codecs: a log");
  assertStringIncludes(read("playground/index.html"), 'href="../index.html"');
});

test("the navigation has groups and guides in their order, and the modules", () => {
  const entries = dataOf("assets/navigation.js") as Entry[];
  const wanted = GUIDES.map(({ title, files }) => [title, files.map(pageOf)]);
  const groups = entries.slice(0, -1).map(({ text, children }) => [
    text,
    children!.map(({ path }) => path!.replace(/\.html$/, ""))
      .filter((path) => path !== "playground/index"),
  ]);
  assertEquals(groups, wanted);
  assertEquals(
    entries.at(-1)!.children!.map(({ text }) => text),
    modules.map(({ name }) => name),
  );
  const paths = allOf(entries).map(({ path }) => path?.split("#")[0] ?? "");
  assert(paths.includes("playground/index.html"));
  assertEquals(paths.filter((path) => !existsSync(join(folder, path))), []);
});

test("the search finds guides and symbols", () => {
  const { rows } = dataOf("assets/search.js") as {
    rows: { name: string; url: string }[];
  };
  assert(rows.length > 500, `${rows.length} rows`);
  const names = new Set(rows.map(({ name }) => name));
  for (const name of ["Wal", "AgePolicy", "Durability", "append"]) {
    assert(names.has(name), name);
  }
  assert(names.has("A full disk · Durability"));
});

test("sectionsOf() splits at headings, not in code, with anchors as on a page", () => {
  const markdown = "# A `log`\n\nOne.\n\n## Limits\n\nTwo.\n\n" +
    "```sh\n# no heading\n```\n\n### Limits\n\nThree.\n";
  assertEquals(sectionsOf(markdown), [
    { title: "A log", anchor: "a-log", text: "\nOne.\n\n" },
    { title: "Limits", anchor: "limits", text: "\nTwo.\n\n\n\n" },
    { title: "Limits", anchor: "limits-1", text: "\nThree.\n" },
  ]);
});

test("the search leads to anchors that exist, and to a method once", () => {
  const { rows } = dataOf("assets/search.js") as {
    rows: { name: string; url: string; parent?: string }[];
  };
  const gone = rows.filter(({ url }) => {
    const [page, anchor] = url.split("#");
    return anchor !== undefined && !read(page).includes(`id="${anchor}"`);
  });
  assertEquals(gone.map(({ url }) => url), []);
  const owners = rows.filter(({ name }) => name === "checkpoint")
    .map(({ parent }) => parent);
  assertEquals(owners, ["@syncline/wal.Wal"]);
});

test("every link of the site leads somewhere", () => {
  const { broken, external } = checkLinks(folder);
  assertEquals(broken, []);
  const start = `${REPOSITORY}/blob/main/`;
  const sources = external.filter((link) => link.startsWith(start));
  assert(sources.length > 500, `${sources.length} links to sources`);
  const wrong = sources.filter((link) => {
    const [path, anchor = ""] = link.slice(start.length).split("#");
    const line = /^L(\d+)$/.exec(anchor)?.[1];
    const file = join(root, path);
    if (!existsSync(file) || path.startsWith("node_modules")) return true;
    return line !== undefined &&
      readFileSync(file, "utf8").split("\n").length < Number(line);
  });
  assertEquals(wrong, []);
  const left = /\]\(site:|"site:/;
  for (const file of guideFiles()) {
    assert(!left.test(read(`${pageOf(file)}.html`)), file);
    assert(!left.test(read(`${pageOf(file)}.html.md`)), file);
  }
});

test("guides link to the reference, and the reference to guides", () => {
  const policies = read("guides/policies.html");
  const symbol = "reference/wal/LeaderCommitPolicy.html";
  assertStringIncludes(policies, `href="../${symbol}"><code>LeaderCommit`);
  const options = read("reference/wal/WalOptions.html");
  const guide = '<a href="../../guides/retention.html">docs/retention.md</a>';
  assertStringIncludes(options, guide);
  const reader = read("reference/reader.html");
  const section = "guides/reading.html#from-another-process";
  assertStringIncludes(reader, `href="../${section}"`);
});

test("llms.txt lists every guide and module, and llms-full.txt has them", () => {
  const list = read("llms.txt");
  const whole = read("llms-full.txt");
  assert(/^# Syncline\n\n> .+\n/.test(list), list);
  for (const file of guideFiles()) {
    assertStringIncludes(list, `](${pageOf(file)}.html.md)`);
  }
  const required = GUIDES.filter(({ title }) => title !== "Project")
    .flatMap(({ files }) => files);
  for (const file of required) {
    assertStringIncludes(whole, readDocument(file).text.split("\n")[0]);
  }
  for (const { name, page } of modules) {
    assertStringIncludes(list, `[${name}](${page}.md)`);
    assertStringIncludes(whole, `\n# ${name}\n`);
  }
  assertStringIncludes(whole, "append(record: In, options?: AppendOptions)");
});

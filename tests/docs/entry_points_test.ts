/*
 * Goal: what JSR scores of what a repository can hold, and that the page of each
 * entry point stands by itself: JSR shows its module doc instead of the README.
 * `deno doc --lint` holds that each symbol is documented, and `deno publish
 * --dry-run` that no type is slow. Method: the sources are parsed.
 */
import { existsSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import ts from "typescript";
import {
  assert,
  assertEquals,
  assertLessOrEqual,
  assertMatch,
  assertStringIncludes,
} from "../kit/assert.ts";
import { test } from "../kit/register.ts";
import { entryPoints, root } from "../runner/files.ts";

const REPOSITORY = "https://github.com/syncline/wal/blob/main/";

const read = (file: string) => readFileSync(`${root}/${file}`, "utf8");

/** The module docs, by entry point: the first comment, without its stars. */
const docs = new Map(
  entryPoints().map((path) => {
    const file = posix.normalize(path);
    const [, comment = ""] = /^(?:#!.*\n)?\/\*\*\n([^]*?)\*\//
      .exec(read(file)) ?? [];
    return [file, comment.replaceAll(/^ \*? ?/gm, "")];
  }),
);

test("each entry point begins with a module doc of one screen", () => {
  assertEquals(docs.size, 16);
  for (const [file, doc] of docs) {
    assertMatch(doc, /\n@module\n$/, file);
    const lines = doc.trimEnd().split("\n").length;
    assert(lines >= 20 && lines <= 60, `${file}: ${lines} lines`);
    for (const part of ["**Limits.** ", "**Read next:** "]) {
      assert(doc.includes(`\n${part}`), `${file} has no ${part}`);
    }
  }
});

test("each module doc has an example that imports its entry point", () => {
  const { name, exports } = JSON.parse(read("deno.json"));
  for (const [entry, path] of Object.entries<string>(exports)) {
    const file = posix.normalize(path);
    const [, language, code] = /^```(\w+)\n([^]*?)^```$/m
      .exec(docs.get(file)!)!;
    const specifier = name + entry.slice(1);
    if (file === "cli.ts") {
      assertEquals(language, "sh");
      assert(code.includes(`jsr:${specifier} `), file);
    } else {
      assertEquals(language, "ts");
      assert(code.includes(`from "${specifier}";`), file);
    }
  }
});

test("each module doc links to its main symbols, and only to what is exported", () => {
  for (const [file, doc] of docs) {
    if (file === "cli.ts") continue; // It exports nothing.
    const links = [...doc.matchAll(/\{@linkcode (\w+)/g)].map(([, name]) =>
      name
    );
    assert(new Set(links).size >= 2, `${file} links to ${links}`);
    const names = exportsOf(file);
    assertEquals(links.filter((link) => !names.has(link)), [], file);
  }
});

test("each module doc leads to documents that exist, as JSR can follow them", () => {
  for (const [file, doc] of docs) {
    const links = [...doc.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link);
    const own = links.filter((link) => link.startsWith(REPOSITORY));
    assert(own.length > 0, `${file} leads nowhere`);
    assertEquals(links.filter((link) => !/^https:/.test(link)), [], file);
    for (const link of own) {
      const [page, anchor] = link.slice(REPOSITORY.length).split("#");
      assert(existsSync(`${root}/${page}`), `${file}: ${link}`);
      if (anchor === undefined) continue;
      const anchors = [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
        title.toLowerCase().replaceAll(/[^\w -]/g, "").replaceAll(" ", "-")
      );
      assert(anchors.includes(anchor), `${file}: ${link}`);
    }
  }
});

test("the README has an example, and the description fits on JSR", () => {
  assert(read("README.md").includes("```ts\n"));
  const { description } = JSON.parse(read("package.json"));
  assertLessOrEqual(description.length, 250);
  assertStringIncludes(read("RELEASING.md"), description);
});

test("the release workflow publishes with provenance", () => {
  const workflow = read(".github/workflows/release.yml");
  assertMatch(workflow, /permissions: \{.*\bid-token: write\b.*\}/);
  assertMatch(workflow, /deno@[\d.]+ publish$/m);
  assert(!workflow.includes("--no-provenance"));
});

/** The names that a module exports, types included. */
function exportsOf(file: string): Set<string> {
  const names = new Set<string>();
  const text = read(file);
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  for (const statement of source.statements) {
    if (ts.isExportDeclaration(statement)) {
      const { exportClause, moduleSpecifier } = statement;
      if (exportClause !== undefined && ts.isNamedExports(exportClause)) {
        for (const { name } of exportClause.elements) names.add(name.text);
      } else if (moduleSpecifier && ts.isStringLiteral(moduleSpecifier)) {
        const from = posix.join(posix.dirname(file), moduleSpecifier.text);
        for (const name of exportsOf(from)) names.add(name);
      }
      continue;
    }
    const isExported = ts.canHaveModifiers(statement) &&
      ts.getModifiers(statement)?.some(({ kind }) =>
        kind === ts.SyntaxKind.ExportKeyword
      );
    if (!isExported) continue;
    if (ts.isVariableStatement(statement)) {
      for (const { name } of statement.declarationList.declarations) {
        names.add(name.getText());
      }
    } else names.add((statement as ts.DeclarationStatement).name!.getText());
  }
  return names;
}

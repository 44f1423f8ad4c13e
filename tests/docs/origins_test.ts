/**
 * Holds docs/origins.md against the project: each row has a verdict, and what
 * it names exists.
 *
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { root } from "../runner/files.ts";
import { assertEquals } from "../kit/assert.ts";
import { test } from "../kit/register.ts";

const read = (path: string) => readFileSync(`${root}/${path}`, "utf8");

const page = read("docs/origins.md");
const { tasks } = JSON.parse(read("deno.json"));

/** A row about something that a seed says. */
interface Row {
  /** Such as `003-17`. */
  readonly number: string;
  readonly asks: string;
  readonly kind: string;
  readonly verdict: string;
  /** What shows it, or why it differs. */
  readonly shown: string;
}

const SEEDS = ["000", "001", "002", "003", "004"];
const KINDS = /^(?:requirement|option|metric|alert|figure|test|layout)$/;
/** A test: its file, and its name or a part of that. */
const TEST = /`(tests\/[^`]*)`: "([^"]+)"/g;
/** A benchmark: its task, and the section with its figures. */
const FIGURES = /`([\w:]+)`, \[([^\]]+)\]\(performance\.md#([^)]+)\)/g;
const LINK = /\[([^\]]+)\]\(([\w./]+\.md)(?:#([^)]+))?\)/g;

const cellsOf = (line: string) =>
  line.split("|").slice(1, -1).map((cell) => cell.trim());

function rowsOf(text: string, seed: string): Row[] {
  const lines = text.split("\n").filter((line) =>
    line.startsWith(`| ${seed}-`)
  );
  return lines.map((line) => {
    const [number, asks, kind, verdict, shown = ""] = cellsOf(line);
    return { number, asks, kind, verdict, shown };
  });
}

const namesByFile = new Map<string, string[] | undefined>();

/** The names of the tests in a file, as they are in the source. */
function testNames(file: string): string[] | undefined {
  if (!namesByFile.has(file)) namesByFile.set(file, readNames(file));
  return namesByFile.get(file);
}

function readNames(file: string): string[] | undefined {
  if (!existsSync(`${root}/${file}`)) return undefined;
  const call = /\b\w*[tT]est\(\s*(["'`])((?:\\.|(?!\1)[^])*)\1/g;
  return [...read(file).matchAll(call)].map(([, , name]) => name);
}

/** The headings of a document, by the anchors that GitHub gives them. */
function headingsOf(file: string): Map<string, string> {
  const headings = [...read(file).matchAll(/^#+ (.+)$/gm)];
  return new Map(headings.map(([, title]) => {
    const words = title.toLowerCase().replace(/[^\w\- ]/g, "");
    return [words.replaceAll(" ", "-"), title];
  }));
}

function* problemsOfTests({ number, shown }: Row): Generator<string> {
  for (const [, file, name] of shown.matchAll(TEST)) {
    const found = testNames(file)?.filter((one) => one.includes(name));
    if (found === undefined) yield `${number}: there is no file ${file}`;
    else if (found.length !== 1) {
      yield `${number}: ${found.length} tests in ${file} match "${name}"`;
    }
  }
  const named = [...shown.matchAll(/tests\//g)].length;
  const complete = [...shown.matchAll(TEST)].length;
  if (named !== complete) yield `${number}: a test without a name`;
}

function* problemsOfLinks({ number, shown }: Row): Generator<string> {
  for (const [, title, file, anchor] of shown.matchAll(LINK)) {
    const path = new URL(file, "file:///docs/").pathname.slice(1);
    const headings = headingsOf(path);
    if (anchor === undefined) continue;
    const heading = headings.get(anchor);
    const isFigures = file === "performance.md";
    if (heading === undefined || isFigures && heading !== title) {
      yield `${number}: ${path} has no section #${anchor}: ${title}`;
    }
  }
  for (const [, task] of shown.matchAll(FIGURES)) {
    if (!Object.hasOwn(tasks, task)) yield `${number}: no task ${task}`;
  }
  const links = [...shown.matchAll(/performance\.md/g)].length;
  const complete = [...shown.matchAll(FIGURES)].length;
  if (links !== complete) yield `${number}: figures without a task`;
}

/** The sections of docs/performance.md by their titles, without subsections. */
const sections = new Map(
  read("docs/performance.md").split(/^#+ /m).map((text) => {
    const [title] = text.split("\n", 1);
    return [title, text];
  }),
);

/** Figures that a row quotes have to be those of a section that it names. */
function* problemsOfFigures({ number, shown }: Row): Generator<string> {
  const cited = [...shown.matchAll(FIGURES)]
    .map(([, , title]) => sections.get(title) ?? "").join("\n");
  if (cited === "") return;
  const quoted = shown.replace(TEST, "").matchAll(
    /(?<![\d.,#])(?:\d+(?:\.\d+)?[kM]|\d{1,3}(?:,\d{3})+)(?![\w.,]\w)/g,
  );
  for (const [figure] of quoted) {
    const plain = figure.replaceAll(",", "");
    const isThere = [figure, plain].some((one) =>
      new RegExp(`(?<![\\d.,])${one.replace(".", "\\.")}(?![\\w])`).test(cited)
    );
    if (!isThere) yield `${number}: ${figure} is not in the section it names`;
  }
}

function* problemsOfRow(row: Row): Generator<string> {
  const { number, asks, kind, verdict, shown } = row;
  if (asks === "") yield `${number}: nothing asked`;
  if (!KINDS.test(kind)) yield `${number}: the kind "${kind}"`;
  const references = [...shown.matchAll(TEST), ...shown.matchAll(FIGURES)];
  if (verdict === "works") {
    if (references.length === 0) yield `${number}: nothing shows it`;
  } else if (verdict === "differs") {
    const reason = shown.replace(TEST, "").replace(FIGURES, "")
      .match(/[\w`/.]{2,}/g) ?? [];
    if (reason.length < 6) yield `${number}: differs without a reason`;
  } else yield `${number}: the verdict "${verdict}"`;
  yield* problemsOfTests(row);
  yield* problemsOfLinks(row);
  yield* problemsOfFigures(row);
}

/** What is wrong with the page, as lines. */
function problemsIn(text: string): string[] {
  const problems: string[] = [];
  const totals = [0, 0, 0];
  const count = (name: string, counts: readonly number[]) => {
    const line = text.split("\n").find((one) => one.startsWith(`| ${name} `));
    const stated = cellsOf(line ?? "").slice(2).map(Number);
    if (`${stated}` !== `${counts}`) {
      problems.push(`${name}: ${stated} in the table above, in fact ${counts}`);
    }
  };
  for (const seed of SEEDS) {
    const rows = rowsOf(text, seed);
    rows.forEach((row, at) => {
      const due = `${seed}-${`${at + 1}`.padStart(2, "0")}`;
      if (row.number !== due) problems.push(`${row.number} instead of ${due}`);
      problems.push(...problemsOfRow(row));
    });
    const of = (verdict: string) =>
      rows.filter((row) => row.verdict === verdict).length;
    const counts = [rows.length, of("works"), of("differs")];
    counts.forEach((value, at) => totals[at] += value);
    count(`seed ${seed}`, counts);
  }
  count("all", totals);
  return problems;
}

test("docs/origins.md says about each row what shows it, or why it differs", () => {
  assertEquals(problemsIn(page), []);
  const rows = SEEDS.map((seed) => rowsOf(page, seed).length);
  // So that no change of the format leaves nothing to check.
  assertEquals(rows.every((count) => count >= 40), true, `${rows}`);
});

/** A row with something in the place of one of its cells. */
function broken(number: string, change: (cells: string[]) => void): string[] {
  const lines = page.split("\n").map((line) => {
    if (!line.startsWith(`| ${number} `)) return line;
    const cells = cellsOf(line);
    change(cells);
    return `| ${cells.join(" | ")} |`;
  });
  return problemsIn(lines.join("\n"));
}

const inTable = /^(?:seed 000|all): .* in the table above/;

test("docs/origins.md would be refused with a row that is wrong", () => {
  const rows = rowsOf(page, "000");
  const find = (verdict: string, shown: RegExp) =>
    rows.find((row) => row.verdict === verdict && shown.test(row.shown))!
      .number;
  const tested = find("works", /^`tests/);
  const measured = find("works", /^`demo`/);
  const differs = find("differs", /See/);
  const cases: [string, (cells: string[]) => void, RegExp][] = [
    [tested, (cells) => cells[3] = "", /the verdict ""/],
    [tested, (cells) => cells[3] = "partly", /the verdict "partly"/],
    [tested, (cells) => cells[4] = "", /nothing shows it/],
    [tested, (cells) => cells[4] = "by design", /nothing shows it/],
    [tested, (cells) => cells[2] = "wish", /the kind "wish"/],
    [tested, (cells) => cells[1] = "", /nothing asked/],
    [tested, (cells) => cells[0] = "000-99", /000-99 instead of/],
    [tested, replace(/_test\.ts/, "_tests.ts"), /there is no file/],
    [tested, replace(/: ".*"/, ': "no such test"'), /0 tests in/],
    [tested, replace(/: ".*"/, ': "o"'), /[1-9]\d* tests in/],
    [tested, replace(/: ".*"/, ""), /a test without a name/],
    [measured, replace(/#[\w-]+/, "#nowhere"), /has no section #nowhere/],
    [measured, replace(/\[The d/, "[A d"), /has no section/],
    [measured, replace(/`demo`/, "`bench:none`"), /no task bench:none/],
    [measured, replace(/`demo`, /, ""), /figures without a task/],
    [measured, replace(/318,952/, "418,952"), /418,952 is not in/],
    [differs, (cells) => cells[4] = "It is so.", /without a reason/],
    [differs, replace(/^.* See/, "See"), /without a reason/],
  ];
  for (const [number, change, expected] of cases) {
    const problems = broken(number, change).filter((one) => !inTable.test(one));
    const isFound = problems.some((problem) => expected.test(problem));
    assertEquals(isFound, true, `${expected}: ${problems.join(", ")}`);
  }
  const works = broken(tested, (cells) => cells[3] = "differs");
  assertEquals(works.filter((one) => inTable.test(one)).length, 2);
  const twice = page.replace(/\n(\| 000-01 .*)\n/, "\n$1\n$1\n");
  assertEquals(problemsIn(twice).includes("000-01 instead of 000-02"), true);
});

/** Replaces something in the last cell. */
function replace(what: RegExp, by: string): (cells: string[]) => void {
  return (cells) => cells[4] = cells[4].replace(what, by);
}

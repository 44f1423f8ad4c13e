import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { findBrowser } from "../kit/browser/find_browser.ts";
import { nodeOf, toolModules } from "../package/tools.ts";
import { transpileTests } from "../package/transpile_tests.ts";
import { countCommits } from "./commits.ts";
import {
  browserTestFiles,
  buildDir,
  documentedFiles,
  isDenoOnly,
  isExploration,
  isOfPackage,
  isPortable,
  projectDir,
  root,
  startsPrograms,
  testFiles,
} from "./files.ts";
import { counted, type Gate, gate, reportPath, type Verdict } from "./gate.ts";
import { failures } from "./tally.ts";

const PERMISSIONS = ["read", "write", "env", "sys", "run", "net=127.0.0.1"]
  .map((name) => `--allow-${name}`);

/** Without the network, unless JSR's packages are insisted on. */
const OFFLINE = Deno.env.get("SYNCLINE_STD") === "jsr" ? [] : ["--cached-only"];

/** The installed package, for tests that start processes. */
const INSTALLED = join(projectDir, "node_modules", "@syncline", "wal");

/** Whether to test all there is on all runtimes, as before a release. */
export const TESTS_ALL = Deno.env.get("SYNCLINE_TESTS") === "all";

/** The runs of tests, each with another share: the first of them explore. */
const SUITES = [
  ...["deno", "bun", "node 20", "node 22", "node 24"],
  "installed deno",
];

/** How many of them explore: all but the last, or one of each engine. */
const EXPLORING = TESTS_ALL ? SUITES.length - 1 : 2;

/** How many shares there are: three commits in a row explore them all. */
const SHARES = TESTS_ALL ? EXPLORING : SUITES.length;

/** Fewest crash states that all runtimes together must have seen. */
const LEAST_STATES = TESTS_ALL ? 60_000 : 20_000;

/** What is tested on a flush thread, too. */
const THREADED = new RegExp(
  "^tests/(wal_(?!flush_sync|thread)|writer/|log/|testing/explore/|" +
    "recovery/(crash|takeover)_test)",
);

const statesDir = join(buildDir, "states");

/**
 * The tests of the sources on Deno, as those who import them from JSR run them;
 * the examples; and the page of the playground.
 */
export function sourceSuites(): Gate[] {
  return [
    {
      name: "deno test",
      counts: "deno",
      skipped: testFiles().filter(startsPrograms),
      run: denoTests,
    },
    { name: "on a flush thread", counts: "threaded", run: threadedTests },
    { name: "deno test --doc", counts: "doc", run: docTests },
    { name: "in Chromium", counts: "browser", run: browserTests },
  ];
}

/** The tests on every runtime, of the package that npm has installed. */
export function installedSuites(): Gate[] {
  const suite = (
    counts: string,
    run: (files: readonly string[]) => Promise<Verdict>,
    is = isPortable,
  ): Gate => ({
    name: counts,
    counts,
    skipped: testFiles().filter((file) => !is(file)),
    run: () => run(jsOf(is)),
  });
  const isBrief = (file: string) =>
    isPortable(file) && (TESTS_ALL || !isExploration(file));
  return [
    gate("tests transpiled", transpile),
    {
      name: "installed, deno",
      counts: "installed deno",
      skipped: testFiles().filter((file) => !isOfPackage(file)),
      run: () => installedDenoTests(jsOf(isOfPackage)),
    },
    ...["20", "22", "24"].map((version) =>
      suite(`node ${version}`, (files) => nodeTests(version, files), isBrief)
    ),
    suite("bun", bunTests),
    gate("crash states", countStates),
  ];
}

async function transpile(): Promise<string> {
  const options = { root, folder: projectDir, installed: INSTALLED };
  const files = await transpileTests(testFiles(), options);
  return `${files.length} files`;
}

function denoTests(): Promise<Verdict> {
  const report = reportPath("deno");
  return counted(report, Deno.execPath(), [
    "test",
    "--parallel",
    "--no-check",
    ...OFFLINE,
    ...PERMISSIONS,
    `--junit-path=${report}`,
    ...testFiles().filter((file) => !startsPrograms(file)),
  ], { cwd: root, env: share("deno") });
}

/**
 * The tests of the writer and of crashes once more, where whatever is opened
 * inline is flushed on a thread: an import map replaces what begins it. Left
 * out are those that end a sync by themselves while a call blocks.
 */
function threadedTests(): Promise<Verdict> {
  const report = reportPath("threaded");
  const map = join(buildDir, "threaded.json");
  const { imports } = JSON.parse(readFileSync(join(root, "deno.json"), "utf8"));
  const at = (file: string) => pathToFileURL(join(root, file)).href;
  const replaced = at("log/start_flushing.ts");
  const instead = at("tests/kit/start_flushing.ts");
  const content = { imports: { ...imports, [replaced]: instead } };
  writeFileSync(map, JSON.stringify(content));
  return counted(report, Deno.execPath(), [
    "test",
    "--parallel",
    "--no-check",
    ...OFFLINE,
    ...PERMISSIONS,
    `--import-map=${map}`,
    `--junit-path=${report}`,
    ...testFiles().filter((file) => THREADED.test(file) && !isDenoOnly(file)),
  ], { cwd: root, env: { SYNCLINE_SHARE: "3/8" } });
}

/** Runs the examples in a directory of their own, so they may write there. */
function docTests(): Promise<Verdict> {
  const report = reportPath("doc");
  const cwd = join(buildDir, "doc");
  mkdirSync(cwd, { recursive: true });
  return counted(report, Deno.execPath(), [
    "test",
    "--doc",
    "--parallel",
    "--no-check",
    ...OFFLINE,
    `--config=${join(root, "deno.json")}`,
    ...PERMISSIONS,
    `--junit-path=${report}`,
    ...documentedFiles().map((file) => join(root, file)),
  ], { cwd });
}

/**
 * What drives a browser needs all permissions. Where there is no browser no
 * test is registered: each says so, and none counts as passed.
 */
async function browserTests(): Promise<Verdict> {
  const report = reportPath("browser");
  const verdict = await counted(report, Deno.execPath(), [
    "test",
    "-A",
    "--parallel",
    "--no-check",
    ...OFFLINE,
    `--junit-path=${report}`,
    ...browserTestFiles(),
  ]);
  return findBrowser() === undefined
    ? { ...verdict, passed: 0, failed: 0 }
    : verdict;
}

function installedDenoTests(files: readonly string[]): Promise<Verdict> {
  const report = reportPath("installed deno");
  return counted(report, Deno.execPath(), [
    "test",
    "--parallel",
    "--no-check",
    "--cached-only",
    ...PERMISSIONS,
    `--junit-path=${report}`,
    ...files,
  ], {
    cwd: projectDir,
    env: { ...share("installed deno"), SYNCLINE_INSTALLED: INSTALLED },
  });
}

async function nodeTests(
  version: string,
  files: readonly string[],
): Promise<Verdict> {
  const node = await nodeOf(version);
  if (node === undefined) {
    const output = `skipped: the registry has no Node ${version} for here\n`;
    return { passed: 0, failed: 0, output };
  }
  const name = `node ${version}`;
  const report = reportPath(name);
  const verdict = await counted(report, node, [
    "--enable-source-maps",
    join(toolModules, "mocha", "bin", "mocha.js"),
    "--parallel",
    "--jobs=2",
    "--timeout=60000",
    "--reporter=xunit",
    `--reporter-option=output=${report}`,
    ...files,
  ], { cwd: projectDir, env: share(name) });
  return explained(verdict, readFileSync(report, "utf8"), files);
}

/** Mocha says what failed in its report only, and passes over empty files. */
function explained(
  { passed, failed, output }: Verdict,
  report: string,
  files: readonly string[],
): Verdict {
  const empty = files.filter((file) => !report.includes(`${file}"`));
  return {
    passed,
    failed: failed + empty.length,
    output: [
      output,
      ...failures(report),
      ...empty.map((file) => `${file} registers no test`),
    ].join("\n"),
  };
}

function bunTests(files: readonly string[]): Promise<Verdict> {
  const report = reportPath("bun");
  return counted(report, join(root, "node_modules", "bun", "bin", "bun.exe"), [
    "test",
    "--parallel=2",
    "--no-isolate",
    "--timeout=60000",
    "--reporter=junit",
    `--reporter-outfile=${report}`,
    ...files.map((file) => `./${file}`),
  ], { cwd: projectDir, env: share("bun") });
}

/** Which share of the samples a suite has, and where it says what it saw. */
function share(suite: string): Record<string, string> {
  mkdirSync(statesDir, { recursive: true });
  const at = SUITES.indexOf(suite);
  const first = TESTS_ALL ? 0 : countCommits() * EXPLORING;
  return {
    SYNCLINE_SHARE: `${(first + at) % SHARES + 1}/${SHARES}`,
    SYNCLINE_STATES: join(statesDir, suite.replace(" ", "_")),
  };
}

/** Each runtime has explored a share; together they are as thorough as one. */
function countStates(): Promise<string> {
  const states = new Set(
    readdirSync(statesDir).flatMap((name) =>
      readFileSync(join(statesDir, name), "utf8").split("\n")
    ),
  );
  const found = `explored ${states.size} distinct crash states together`;
  if (states.size < LEAST_STATES) throw new Error(`only ${found}`);
  return Promise.resolve(found);
}

/** The transpiled files of the tests that `is` says yes to. */
function jsOf(is: (file: string) => boolean): string[] {
  return testFiles().filter(is).map((file) => file.replace(/\.ts$/, ".js"));
}

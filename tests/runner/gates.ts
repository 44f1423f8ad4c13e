import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { findBrowser } from "../kit/browser/find_browser.ts";
import { bundle } from "./bundle.ts";
import { command, type CommandOptions, type Outcome } from "./command.ts";
import {
  browserTestFiles,
  buildDir,
  documentedFiles,
  documents,
  entryPoints,
  isDenoOnly,
  root,
  testFiles,
} from "./files.ts";
import { type Tally, tally } from "./tally.ts";

/** What a gate found. */
export interface Verdict extends Tally {
  /** What to show if anything failed. */
  readonly output: string;
}

/** One thing that must hold before a change is good. */
export interface Gate {
  /** What is run. */
  readonly name: string;
  /** The runtime whose tests it counts; a gate without one counts as one. */
  readonly counts?: string;
  /** The test files that it leaves out. */
  readonly skipped?: readonly string[];
  /** Runs it. */
  run(): Promise<Verdict>;
}

const permissions = ["read", "write", "env", "sys", "run"]
  .map((name) => `--allow-${name}`);

/** Without the network, unless JSR's packages are insisted on. */
const offline = Deno.env.get("SYNCLINE_STD") === "jsr" ? [] : ["--cached-only"];

/** All gates, in the order in which they run. */
export function gates(): Gate[] {
  const deno = testFiles();
  const portable = deno.filter((file) => !isDenoOnly(file));
  const skipped = deno.filter(isDenoOnly);
  return [
    check("deno check", ["check", "--doc", ".", ...documents()]),
    check("deno lint", ["lint"]),
    check("deno fmt", ["fmt", "--check"]),
    check("deno doc", ["doc", "--lint", ...entryPoints()]),
    check("deno publish", ["publish", "--dry-run", "--allow-dirty"]),
    check("planted bugs", ["run", "-A", "tests/mutate/main.ts"]),
    { name: "deno test", counts: "deno", run: () => denoTests(deno) },
    { name: "deno test --doc", counts: "doc", run: docTests },
    { name: "in Chromium", counts: "browser", run: browserTests },
    {
      name: "node --test",
      counts: "node",
      skipped,
      run: () => nodeTests(portable),
    },
    {
      name: "bun test",
      counts: "bun",
      skipped,
      run: () => bunTests(portable),
    },
  ];
}

function check(name: string, args: readonly string[]): Gate {
  return {
    name,
    async run() {
      const { ok, output } = await command(Deno.execPath(), args, {
        cwd: root,
      });
      return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, output };
    },
  };
}

function denoTests(files: readonly string[]): Promise<Verdict> {
  const report = reportPath("deno");
  return counted(report, Deno.execPath(), [
    "test",
    "--parallel",
    "--no-check",
    ...offline,
    ...permissions,
    `--junit-path=${report}`,
    ...files,
  ]);
}

/** Runs the examples in a directory of their own, so they may write there. */
function docTests(): Promise<Verdict> {
  const report = reportPath("doc");
  const cwd = join(buildDir, "doc");
  mkdirSync(cwd, { recursive: true });
  return counted(report, Deno.execPath(), [
    "test",
    "--doc",
    "--no-check",
    ...offline,
    `--config=${join(root, "deno.json")}`,
    ...permissions,
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
    "--no-check",
    ...offline,
    `--junit-path=${report}`,
    ...browserTestFiles(),
  ]);
  return findBrowser() === undefined
    ? { ...verdict, passed: 0, failed: 0 }
    : verdict;
}

async function nodeTests(files: readonly string[]): Promise<Verdict> {
  const report = reportPath("node");
  return counted(report, "node", [
    "--test",
    "--test-concurrency=2",
    "--enable-source-maps",
    "--test-reporter=spec",
    "--test-reporter-destination=stdout",
    "--test-reporter=junit",
    `--test-reporter-destination=${report}`,
    ...await bundle(files),
  ]);
}

function bunTests(files: readonly string[]): Promise<Verdict> {
  const report = reportPath("bun");
  return counted(report, join(root, "node_modules", "bun", "bin", "bun.exe"), [
    "test",
    "--timeout=60000",
    "--reporter=junit",
    `--reporter-outfile=${report}`,
    ...files.map((file) => `./${file}`),
  ]);
}

async function counted(
  report: string,
  program: string,
  args: readonly string[],
  options: CommandOptions = { cwd: root },
): Promise<Verdict> {
  return judge(await command(program, args, options), report);
}

/** A runner that died, or that ran nothing, has failed whatever it says. */
function judge({ ok, output }: Outcome, report: string): Verdict {
  const { passed, failed } = existsSync(report)
    ? tally(readFileSync(report, "utf8"))
    : { passed: 0, failed: 0 };
  if (passed + failed === 0) {
    return { passed, failed: 1, output: `${output}\nNo test was run\n` };
  }
  if (!ok) return { passed, failed: Math.max(failed, 1), output };
  if (failed === 0) return { passed, failed, output };
  return { passed, failed, output: `${output}\nA file registers no test\n` };
}

function reportPath(name: string): string {
  return join(buildDir, `${name}.xml`);
}

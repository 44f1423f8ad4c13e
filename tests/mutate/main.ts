/*
 * Plants one bug after the other into a copy of the library and demands that
 * the test that should catch it fails. Exits with 1 if a bug survives.
 *
 * With a name, or part of one, as its argument, it plants only those bugs. With
 * `--third`, as CI does except before a release, it plants every third one: each
 * commit has another third.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { command } from "../runner/command.ts";
import { countCommits } from "../runner/commits.ts";
import { root } from "../runner/files.ts";
import { tally } from "../runner/tally.ts";
import type { Mutant } from "./mutant.ts";
import { mutants } from "./mutants.ts";

type CatchingTest = Mutant["caughtBy"];

/** How long the tests of one bug may take; and all of them, without a bug. */
const BUG_MS = 120_000;
const SOUND_MS = 600_000;

/** Runs `tests` in `copy`; returns the report, and what was printed. */
async function runTests(
  copy: string,
  tests: readonly CatchingTest[],
  options: { timeoutMs: number; env?: Record<string, string> },
): Promise<{ report: string; output: string }> {
  const path = join(copy, "report.xml");
  rmSync(path, { force: true });
  const escape = (name: string) =>
    name.replaceAll(/[.*+?^${}()|[\]\\/]/g, "\\$&");
  const names = new Set(tests.map(({ name }) => escape(name)));
  const { output } = await command(Deno.execPath(), [
    "test",
    "-A",
    "--parallel",
    "--no-check",
    "--cached-only",
    `--filter=/^(${[...names].join("|")})$/`,
    `--junit-path=${path}`,
    ...new Set(tests.map(({ file }) => file)),
  ], { cwd: copy, ...options });
  return { report: existsSync(path) ? readFileSync(path, "utf8") : "", output };
}

/** Throws unless all tests hold without a bug, each of them run. */
async function requireSound(chosen: readonly Mutant[]): Promise<void> {
  const tests = new Map(
    chosen.map(({ caughtBy }) => [JSON.stringify(caughtBy), caughtBy]),
  );
  const copy = await copyTree();
  try {
    // That explorations hold, too, the suites show.
    const { report, output } = await runTests(copy, [...tests.values()], {
      timeoutMs: SOUND_MS,
      env: { SYNCLINE_SHARE: "1/8" },
    });
    const { passed, failed } = tally(report);
    // A name may occur in several of the files.
    if (failed > 0 || passed < tests.size) {
      throw new Error(
        `Only ${passed} of ${tests.size} tests hold without a bug:\n${output}`,
      );
    }
  } finally {
    rmSync(copy, { recursive: true });
  }
}

/** What went wrong with the experiment, or nothing if the bug was caught. */
async function plant(copy: string, mutant: Mutant): Promise<string> {
  const { caughtBy, edits } = mutant;
  const originals = edits.map(({ file }) => readFileSync(join(copy, file)));
  try {
    for (const { file, find, replace } of edits) {
      const path = join(copy, file);
      const source = readFileSync(path, "utf8");
      if (source.split(find).length !== 2) {
        return `${file} does not have this once:\n${find}`;
      }
      writeFileSync(path, source.replace(find, () => replace));
    }
    const { report, output } = await runTests(copy, [caughtBy], {
      timeoutMs: BUG_MS,
    });
    const { passed, failed } = tally(report);
    if (passed + failed !== 1) return `does not run:\n${output}`;
    return failed === 1 ? "" : "it survives";
  } finally {
    edits.forEach(({ file }, at) => {
      writeFileSync(join(copy, file), originals[at]);
    });
  }
}

/** Copies what git tracks, with the packages next to it. */
async function copyTree(): Promise<string> {
  const copy = mkdtempSync(join(tmpdir(), "mutate-"));
  const { output } = await command("git", [
    "ls-files",
    "--cached",
    "--others",
    "--exclude-standard",
  ], { cwd: root });
  for (const file of output.trim().split("\n")) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(root, file), join(copy, file));
  }
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  return copy;
}

/** Plants bugs into a copy of the tree until none is left; counts survivors. */
async function plantAll(left: Iterator<Mutant>): Promise<number> {
  const copy = await copyTree();
  let survivors = 0;
  try {
    for (let next = left.next(); !next.done; next = left.next()) {
      const mutant = next.value;
      const problem = await plant(copy, mutant);
      if (problem !== "") survivors++;
      const { file, name } = mutant.caughtBy;
      console.log(`${problem === "" ? "caught  " : "MISSED  "}${mutant.name}`);
      console.log(`        ${problem || `by ${file}: ${name}`}`);
    }
  } finally {
    rmSync(copy, { recursive: true });
  }
  return survivors;
}

/** How many bugs are tried at once. */
const AT_ONCE = 2;

/** The bugs that the arguments ask for. */
function choose(): readonly Mutant[] {
  const [wanted = ""] = Deno.args;
  const third = countCommits() % 3;
  return wanted === "--third"
    ? mutants.filter((_, index) => index % 3 === third)
    : mutants.filter(({ name }) => name.includes(wanted));
}

async function main(): Promise<void> {
  const chosen = choose();
  await requireSound(chosen);
  const left = chosen.values();
  const counts = await Promise.all(
    Array.from({ length: AT_ONCE }, () => plantAll(left)),
  );
  const survivors = counts.reduce((sum, count) => sum + count, 0);
  const caught = chosen.length - survivors;
  console.log(`\n${caught} of ${chosen.length} planted bugs are caught`);
  Deno.exit(survivors === 0 && caught > 0 ? 0 : 1);
}

await main();

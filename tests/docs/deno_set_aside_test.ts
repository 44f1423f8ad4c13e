/*
 * Goal: every block of code in the documents runs. Method: those that
 * `deno test --doc` would not run as they should, marked `ignore`, are listed
 * here, each with the way in which it is run.
 */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { assert, assertEquals, assertStringIncludes } from "../kit/assert.ts";
import { Child, runChild } from "../kit/process/child.ts";
import { test } from "../kit/register.ts";
import { withTempDir } from "../kit/temp_dir.ts";
import { nodeOf, toolModules } from "../package/tools.ts";
import { documents } from "../runner/files.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const deno = [
  Deno.execPath(),
  "run",
  "-A",
  "--no-check",
  `--config=${root}deno.json`,
];

/** A block of code in a document. */
interface Block {
  readonly file: string;
  readonly isSetAside: boolean;
  readonly code: string;
}

function blocksIn(file: string): Block[] {
  const text = readFileSync(root + file, "utf8");
  const fences = text.matchAll(/^```(?:ts|js)( ignore)?\n([^]*?)\n```$/gm);
  return [...fences].map(([, ignore, code]) => ({
    file,
    isSetAside: ignore !== undefined,
    code,
  }));
}

const blocks = documents().flatMap(blocksIn);

/** The blocks of a document that are set aside. */
function setAside(file: string): string[] {
  return blocks.filter((block) => block.file === file && block.isSetAside)
    .map(({ code }) => code);
}

/** What the others of a document declare before a block that uses it. */
function declaredBefore(file: string, name: string): string {
  const found = blocks.find((block) =>
    block.file === file && !block.isSetAside && block.code.includes(name)
  );
  assert(found !== undefined, `${file} declares no ${name}`);
  return found.code;
}

/** How many blocks of each document are set aside; a test below runs each. */
const SET_ASIDE: Readonly<Record<string, number>> = {
  "docs/coming-from.md": 3,
  "docs/custom-policies.md": 1,
  // Run by deno_operations_test.ts.
  "docs/operations.md": 1,
  "docs/storage-adapters.md": 1,
  "docs/threads.md": 2,
};

test("no block of code in the documents is set aside and not run", () => {
  const counts: Record<string, number> = {};
  for (const { file, isSetAside } of blocks) {
    if (isSetAside) counts[file] = (counts[file] ?? 0) + 1;
  }
  assertEquals(counts, SET_ASIDE);
});

/** The command, begun in a directory. */
function within(cwd: string, command: readonly string[]): string[] {
  return ["env", "-C", cwd, ...command];
}

async function outputOf(command: string[], cwd: string): Promise<string> {
  const { output } = await runChild(within(cwd, command), {
    timeoutMs: 60_000,
  });
  return output;
}

test("docs/coming-from.md: what other databases do before", () =>
  withTempDir(async (scratch) => {
    const [sqlite, ...others] = setAside("docs/coming-from.md");
    writeFileSync(`${scratch}/sqlite.mjs`, sqlite);
    const said = await outputOf([...deno, `${scratch}/sqlite.mjs`], scratch);
    assertEquals(said, "paid 5\n");
    const node = await nodeOf("22");
    if (node === undefined) return console.log("skipped: there is no Node 22");
    symlinkSync(toolModules, `${scratch}/node_modules`);
    for (const [index, code] of others.entries()) {
      const cwd = `${scratch}/${index}`;
      mkdirSync(cwd);
      writeFileSync(`${cwd}/program.mjs`, code);
      const output = await outputOf([node, "program.mjs"], cwd);
      assertStringIncludes(output, "{ paid: 5 }");
    }
  }));

/** Runs tests that a document registers, after what it declares before. */
async function runTests(
  { file, name, count }: { file: string; name: string; count: number },
): Promise<void> {
  await withTempDir(async (scratch) => {
    const [code] = setAside(file);
    const program = join(scratch, "laws_test.ts");
    const before = declaredBefore(file, name);
    const isNew = (line: string) =>
      !line.startsWith("import ") || !before.includes(line);
    const lines = code.split("\n").filter(isNew);
    writeFileSync(program, [before, ...lines].join("\n"));
    const command = [Deno.execPath(), "test", ...deno.slice(2), program];
    const output = await outputOf(command, scratch);
    const [, passed] = /(\d+) passed \| 0 failed/.exec(output) ?? [];
    assert(Number(passed) >= count, output);
  });
}

test("docs/custom-policies.md: the laws hold for its policy", () =>
  runTests({
    file: "docs/custom-policies.md",
    name: "class QuietPolicy",
    count: 16,
  }));

test("docs/storage-adapters.md: the contract holds for its adapter", () =>
  runTests({
    file: "docs/storage-adapters.md",
    name: "function makePlace",
    count: 60,
  }));

test("docs/threads.md: a worker appends by a port, and follows", () =>
  withTempDir(async (scratch) => {
    const [main, worker] = setAside("docs/threads.md");
    writeFileSync(`${scratch}/main.js`, main);
    writeFileSync(`${scratch}/worker.js`, worker);
    await using child = new Child(
      within(scratch, [...deno, `${scratch}/main.js`]),
    );
    assertEquals(await child.nextLine(), "{ id: 1 }");
    child.kill("SIGKILL");
    await child.ended;
  }));

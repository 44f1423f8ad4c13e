/**
 * Holds docs/architecture.md to the files that V8 saw run while a record is
 * appended, and while a log is opened after a crash.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { assert, assertEquals } from "./kit/assert.ts";

const pathfinder = fileURLToPath(
  new URL("./kit/process/victims/pathfinder.ts", import.meta.url),
);
const architecture = readFileSync(
  new URL("../docs/architecture.md", import.meta.url),
  "utf8",
);

/** The files in the first block after a heading, in order. */
function listBelow(heading: string): string[] {
  const [, below] = architecture.split(`\n### ${heading}\n`);
  const [, block] = /```text\n([^]*?)```/.exec(below)!;
  return block.split(/\s+/).filter(Boolean).sort();
}

async function findPaths(): Promise<{ append: string[]; opening: string[] }> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--cached-only", "-A", pathfinder],
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

Deno.test("an append and an opening pass the files that the architecture names, and few others", async () => {
  const { append, opening } = await findPaths();
  assertEquals(append, listBelow("Files that an append passes"));
  assertEquals(opening, listBelow("Rooms that an opening walks through"));
  assert(append.length <= 32 && opening.length <= 36);
});

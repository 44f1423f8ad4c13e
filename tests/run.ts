/**
 * Runs every gate on every runtime and counts what passed. Its last line is
 * the sum, and its exit code is 1 if anything failed.
 *
 * @module
 */

import { mkdir, rm } from "node:fs/promises";
import { buildDir } from "./runner/files.ts";
import { type Gate, gates, type Verdict } from "./runner/gates.ts";
import { notesIn } from "./runner/notes.ts";
import { format, sum } from "./runner/tally.ts";

/** Runs a gate; one that throws has failed. */
async function attempt(gate: Gate): Promise<Verdict> {
  try {
    return await gate.run();
  } catch (error) {
    return { passed: 0, failed: 1, output: `${error}\n` };
  }
}

/** Runs a gate and prints how it went: at length only if it failed. */
async function report(gate: Gate): Promise<Verdict> {
  const startedAt = performance.now();
  const verdict = await attempt(gate);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const mark = verdict.failed === 0 ? "ok" : "FAILED";
  console.log(`${gate.name.padEnd(18)}${mark.padEnd(8)}${seconds} s`);
  if (verdict.failed > 0) console.log(indent(verdict.output));
  if (gate.counts) console.log(`  ${gate.counts}: ${format(verdict)}`);
  for (const line of notesIn(verdict.output)) console.log(`  ${line}`);
  for (const file of gate.skipped ?? []) {
    console.log(`  left out, for Deno only: ${file}`);
  }
  return verdict;
}

function indent(text: string): string {
  return text.trim().replaceAll(/^/gm, "  | ");
}

/** Runs the gates one after the other. */
async function main(): Promise<void> {
  await rm(buildDir, { recursive: true, force: true });
  await mkdir(buildDir);
  const verdicts: Verdict[] = [];
  for (const gate of gates()) verdicts.push(await report(gate));
  const total = sum(verdicts);
  console.log(`\n${format(total)}`);
  Deno.exit(total.failed === 0 ? 0 : 1);
}

await main();

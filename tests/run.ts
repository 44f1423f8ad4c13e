/**
 * Runs every gate on every runtime and counts what passed. Its last line is
 * the sum, and its exit code is 1 if anything failed.
 *
 * Given names, it runs those gates whose names begin so, on what earlier ones
 * have left in `.build`.
 *
 * @module
 */

import { mkdir, rm } from "node:fs/promises";
import { buildDir } from "./runner/files.ts";
import type { Gate, Verdict } from "./runner/gate.ts";
import { stages } from "./runner/gates.ts";
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
    console.log(`  left out: ${file}`);
  }
  return verdict;
}

function indent(text: string): string {
  return text.trim().replaceAll(/^/gm, "  | ");
}

function isChosen({ name }: Gate): boolean {
  return Deno.args.length === 0 ||
    Deno.args.some((start) => name.startsWith(start));
}

/** Runs the gates of a stage, two at a time. */
async function runStage(stage: readonly Gate[]): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  const left = stage.values();
  const runNext = async () => {
    for (const gate of left) verdicts.push(await report(gate));
  };
  await Promise.all([runNext(), runNext()]);
  return verdicts;
}

/** Runs the stages one after the other. */
async function main(): Promise<void> {
  if (Deno.args.length === 0) {
    await rm(buildDir, { recursive: true, force: true });
  }
  await mkdir(buildDir, { recursive: true });
  const verdicts: Verdict[] = [];
  const chosen = stages().map((stage) => stage.filter(isChosen));
  for (const [nth, stage] of chosen.entries()) {
    for (const gate of chosen[nth + 1] ?? []) gate.prepare?.();
    verdicts.push(...await runStage(stage));
  }
  const total = sum(verdicts);
  console.log(`\n${format(total)}`);
  // This ends esbuild as well, which gates share.
  Deno.exit(total.failed === 0 ? 0 : 1);
}

await main();

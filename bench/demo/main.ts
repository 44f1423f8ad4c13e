/**
 * The demonstration: how each policy handles the same input on this disk, and
 * what a log still holds after its writer was killed.
 *
 * @module
 */

import { join } from "node:path";
import { TableLayout } from "../../docs/figures/markdown_table.ts";
import { quantile } from "../../simulator/quantile.ts";
import { type MeasuredPolicy, policyRoster } from "../policy_roster.ts";
import { makeScratch, type Scratch } from "../process/scratch.ts";
import { describeMachine, headerLine } from "../report/machine.ts";
import { Progress } from "../report/progress.ts";
import { loadCities } from "./cities.ts";
import { type Autopsy, killAndRecover } from "./kill.ts";
import { BUDGET_MS, CALLERS, measure, type Measurement } from "./measure.ts";

const HEAD = [
  ...["policy", "records", "records/s", "p50 ms", "p99 ms"],
  ...["rec/flush", "syncs"],
];
const table = new TableLayout([26, 7, 9, 6, 6, 9, 6]);
const progress = new Progress();
const say = progress.say.bind(progress);

function introduce(scratch: Scratch, cities: readonly string[]): void {
  const bytes = cities.reduce((sum, city) => sum + city.length, 0);
  say(`Writes below ${scratch.directory} and removes it at the end.`);
  if (scratch.reason) say(`(It is there because ${scratch.reason}.)`);
  say();
  for (const line of describeMachine(scratch, ["deno"])) say(line);
  say(headerLine(
    "input",
    `${cities.length} cities, one line of JSON each, ` +
      `${Math.round(bytes / cities.length)} characters on average`,
  ));
}

async function comparePolicies(
  { directory }: Scratch,
  cities: readonly string[],
): Promise<void> {
  say();
  say(`Part A: ${CALLERS} callers, each awaiting its record's sync before the`);
  say(`next append; all cities or ${BUDGET_MS / 1000} s for each policy`);
  say();
  say(table.line(HEAD));
  say(table.rule());
  for (const [index, entry] of policyRoster.entries()) {
    const log = join(directory, `policy-${index}`);
    const measured = await measure(entry.policy, cities, log, progress);
    say(table.line(cellsOf(entry, measured)));
  }
  say();
  say("Each log was read back and held what was sent, in order. Syncs beyond");
  say("one per flush are those of new segments. Policies are written as");
  say("`wal append --policy` takes them.");
}

function cellsOf(
  { policy, note }: MeasuredPolicy,
  { records, elapsedMs, latencies, flushes, syncs }: Measurement,
): string[] {
  return [
    note === undefined ? policy : `${policy} (${note})`,
    String(records),
    (records / elapsedMs * 1000).toFixed(0),
    quantile(latencies, 0.5).toFixed(2),
    quantile(latencies, 0.99).toFixed(2),
    (records / flushes).toFixed(1),
    String(syncs),
  ];
}

async function proveRecovery(
  scratch: Scratch,
  cities: readonly string[],
): Promise<boolean> {
  say();
  say(`Part B: a process with ${CALLERS} callers is killed with SIGKILL`);
  say();
  const directory = join(scratch.directory, "killed");
  const autopsy = await killAndRecover(cities, directory, progress);
  const { ending, openMs, wrong } = autopsy;
  say(`the child ended with ${ending}; opening took ${openMs.toFixed(1)} ms`);
  say(`every record was compared with what was sent: ${wrong} differ`);
  say(conclude(autopsy));
  return holds(autopsy);
}

function holds({ acked, recovered, lost, wrong }: Autopsy): boolean {
  return acked > 0 && recovered >= acked && lost === 0 && wrong === 0;
}

function conclude({ acked, recovered, lost }: Autopsy): string {
  const sign = recovered >= acked ? ">=" : "<";
  return `acked ${acked}, recovered ${recovered} ${sign} ${acked}, lost ${lost}`;
}

async function main(): Promise<number> {
  progress.step("loading the cities");
  const cities = await loadCities();
  using scratch = makeScratch("demo");
  introduce(scratch, cities);
  await comparePolicies(scratch, cities);
  return await proveRecovery(scratch, cities) ? 0 : 1;
}

Deno.exit(await main());

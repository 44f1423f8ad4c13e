/**
 * The demonstration: what each policy makes of the same input on this disk,
 * and what is left of a log whose writer was killed.
 *
 * @module
 */

import { join } from "node:path";
import { loadCities } from "./cities.ts";
import { contenders } from "./contenders.ts";
import { type Autopsy, killAndRecover } from "./kill.ts";
import { describeMachine } from "./machine.ts";
import { BUDGET_MS, CALLERS, measure } from "./measure.ts";
import { isMemory, makePlace, type Place, removePlace } from "./place.ts";
import { Progress } from "./progress.ts";
import { formatHead, formatRow } from "./table.ts";

const progress = new Progress();

function say(line = ""): void {
  progress.clear();
  console.log(line);
}

function introduce(place: Place, cities: readonly string[]): void {
  const bytes = cities.reduce((sum, city) => sum + city.length, 0);
  say(`Writes below ${place.directory}, and removes it at the end.`);
  if (place.reason) say(`(It is there as ${place.reason}.)`);
  if (isMemory(place.fileSystem)) {
    say("CAUTION: that is in memory, so the numbers say nothing of a disk.");
  }
  say();
  for (const line of describeMachine(place)) say(line);
  say(
    `input        ${cities.length} cities, one line of JSON each, ` +
      `${Math.round(bytes / cities.length)} characters on average`,
  );
}

async function comparePolicies(
  place: Place,
  cities: readonly string[],
): Promise<void> {
  say();
  say(`Part A: ${CALLERS} callers, each awaiting its record's sync`);
  say(`before the next; all cities or ${BUDGET_MS / 1000} s a policy`);
  say();
  say(formatHead());
  for (const [index, contender] of contenders().entries()) {
    const directory = join(place.directory, `policy-${index}`);
    const measured = await measure(contender, cities, directory, progress);
    say(formatRow(contender.name, measured));
  }
  say();
  say("Each log was read back and held what was sent, in order. The syncs");
  say("beyond one a flush are those of new segments.");
}

async function proveRecovery(
  place: Place,
  cities: readonly string[],
): Promise<boolean> {
  say();
  say(`Part B: a process with ${CALLERS} callers is killed with SIGKILL`);
  say();
  const directory = join(place.directory, "killed");
  const autopsy = await killAndRecover(cities, directory, progress);
  const { ending, openMs } = autopsy;
  say(`the child ended with ${ending}; opening took ${openMs.toFixed(1)} ms`);
  say(
    `every record read back is compared with what was sent: ${autopsy.wrong} ` +
      "differ",
  );
  say(conclude(autopsy));
  return holds(autopsy);
}

function holds({ acked, recovered, lost, wrong }: Autopsy): boolean {
  return acked > 0 && recovered >= acked && lost === 0 && wrong === 0;
}

function conclude(autopsy: Autopsy): string {
  const { acked, recovered, lost } = autopsy;
  const sign = recovered >= acked ? ">=" : "<";
  return `acked ${acked}, recovered ${recovered} ${sign} ${acked}, lost ${lost}`;
}

async function main(): Promise<number> {
  progress.step("loading the cities");
  const cities = await loadCities();
  const place = await makePlace();
  try {
    introduce(place, cities);
    await comparePolicies(place, cities);
    return await proveRecovery(place, cities) ? 0 : 1;
  } finally {
    await removePlace(place);
    say();
    say(`Removed ${place.directory}.`);
  }
}

Deno.exit(await main());

/**
 * The process in which contenders take turns of a few ms, all of them open at
 * once: a disk that drifts, or a neighbour's burst, affects all of them alike.
 *
 * @module
 */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { SeededRandom } from "../../random.ts";
import { cases } from "../peers/case.ts";
import type { Contender, Store } from "../peers/contender.ts";
import {
  bareGroup,
  floorAppend,
  floorOverwrite,
} from "../peers/contenders/floors.ts";
import { type Load, makeLoad } from "../peers/measure.ts";
import { LatencyLog, Stopwatch } from "../peers/stopwatch.ts";
import { answerJob } from "../process/worker.ts";
import { shuffled } from "../report/statistics.ts";

/** What to measure. */
export interface FloorJob {
  /** The name of a case. */
  readonly situation: string;
  /**
   * Names of contenders; the first is the floor that the others are compared
   * with.
   */
  readonly contenders: readonly string[];
  /** The checkouts of the library to measure. */
  readonly libraries: readonly Library[];
  /** How often each contender has its turn. */
  readonly turns: number;
  /** How long a turn is. */
  readonly turnMs: number;
}

/** A checkout of the library. */
export interface Library {
  /** What its contenders' names end with. */
  readonly suffix: string;
  /** The bundle of its contenders. */
  readonly module: string;
}

/** What was found about each contender. */
export interface FloorFound {
  readonly turnsOf: readonly Turns[];
}

/** What was found about one contender. */
export interface Turns {
  readonly contender: string;
  /** Microseconds for each group of records, in each turn. */
  readonly groupUs: readonly number[];
  /** Latencies in ms at each of {@linkcode FLOOR_SHARES}, over all turns. */
  readonly latencies: readonly number[];
}

/** p50, p99 and p99.9. */
const FLOOR_SHARES: readonly number[] = [0.5, 0.99, 0.999];

/** Turns that do not count yet, until the code is compiled. */
const WARM_TURNS = 20;

const LATENCIES = 500_000;

/** A contender that is open, and what it has done so far. */
interface Player {
  readonly contender: string;
  readonly store: Store;
  readonly load: Load;
  readonly latencies: LatencyLog;
  readonly groupUs: number[];
}

async function contendersOf(
  libraries: readonly Library[],
): Promise<Contender[]> {
  const found: Contender[] = [floorOverwrite, floorAppend, bareGroup];
  for (const { suffix, module } of libraries) {
    const { synclines }: { synclines: readonly Contender[] } = await import(
      pathToFileURL(module).href
    );
    found.push(
      ...synclines.map((one) => ({ ...one, name: one.name + suffix })),
    );
  }
  return found;
}

await answerJob<FloorJob>(async (job): Promise<FloorFound> => {
  const { turns, turnMs } = job;
  const situation = cases.find(({ name }) => name === job.situation)!;
  const known = await contendersOf(job.libraries);
  const players: Player[] = [];
  for (const contender of job.contenders) {
    const directory = join(job.directory, `${players.length}`);
    mkdirSync(directory);
    const store = await known.find(({ name }) => name === contender)!
      .open(directory);
    const load = makeLoad(store, situation);
    const latencies = new LatencyLog(LATENCIES);
    players.push({ contender, store, load, latencies, groupUs: [] });
  }
  async function turn({ load }: Player, log: LatencyLog): Promise<number> {
    const watch = new Stopwatch(0, turnMs / 1000, log);
    await load(watch);
    return situation.width * 1e6 / watch.read().opsPerSecond;
  }
  const unused = new LatencyLog(0);
  for (let warm = 0; warm < Math.min(WARM_TURNS, turns); warm++) {
    for (const player of players) await turn(player, unused);
  }
  // In a different order each time, so that none always follows the same one.
  const random = new SeededRandom(1);
  for (let count = 0; count < turns; count++) {
    for (const player of shuffled(players, random)) {
      player.groupUs.push(await turn(player, player.latencies));
    }
  }
  for (const { store } of players) await store.close();
  return {
    turnsOf: players.map(({ contender, groupUs, latencies }) => ({
      ...{ contender, groupUs },
      latencies: latencies.at(FLOOR_SHARES),
    })),
  };
});

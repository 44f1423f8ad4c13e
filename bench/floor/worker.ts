/**
 * The process in which contenders take turns of some ms each, all of them open
 * at once: a disk that drifts, or a neighbour's burst, meets all of them alike.
 *
 * @module
 */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { answer, readJob } from "../process/answer.ts";
import { cases } from "../peers/case.ts";
import type { Store } from "../peers/contender.ts";
import { contenders } from "../peers/contenders.ts";
import { type Load, makeLoad } from "../peers/measure.ts";
import { Stopwatch } from "../peers/stopwatch.ts";
import type { FloorFound, FloorJob } from "./floor_job.ts";

/** Turns before the first that counts: until the code is compiled. */
const WARM_TURNS = 20;
/** Latencies are not looked at here. */
const NO_LATENCIES = 0;

async function run(job: FloorJob): Promise<FloorFound[]> {
  const situation = cases.find(({ name }) => name === job.situation)!;
  const stores: Store[] = [];
  const loads: Load[] = [];
  for (const contender of job.contenders) {
    const directory = join(job.directory, `${stores.length}`);
    mkdirSync(directory);
    const { open } = contenders.find(({ name }) => name === contender)!;
    const store = await open(directory);
    stores.push(store);
    loads.push(makeLoad(store, situation));
  }
  async function turn(load: Load): Promise<number> {
    const watch = new Stopwatch(0, job.turnMs / 1000, NO_LATENCIES);
    await load(watch);
    const { records, elapsedMs } = watch.read();
    return elapsedMs * 1000 * situation.width / records;
  }
  for (let warm = 0; warm < WARM_TURNS; warm++) {
    for (const load of loads) await turn(load);
  }
  const groupUs: number[][] = loads.map(() => []);
  for (let round = 0; round < job.rounds; round++) {
    for (const [index, load] of loads.entries()) {
      groupUs[index].push(await turn(load));
    }
  }
  for (const store of stores) await store.close();
  return job.contenders.map((contender, index) => ({
    contender,
    groupUs: groupUs[index],
  }));
}

answer(await run(readJob()));

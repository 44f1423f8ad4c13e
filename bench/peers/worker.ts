/**
 * The process in which one contender is measured, or shows its syncs. Its
 * argument says what to do; its last line of output is the result, as JSON.
 *
 * @module
 */

import { join } from "node:path";
import { answer, readJob } from "../process/answer.ts";
import { cases } from "./case.ts";
import { contenders } from "./contenders.ts";
import { type Duration, measure } from "./measure.ts";
import { probe } from "./probe.ts";

/** What a worker is told. */
export interface Job extends Duration {
  /** The name of a contender. */
  readonly contender: string;
  /** The name of a case; absent for a probe of its syncs. */
  readonly situation?: string;
  /** An empty directory of its own. */
  readonly directory: string;
}

async function run(job: Job): Promise<unknown> {
  const contender = contenders.find(({ name }) => name === job.contender)!;
  const store = await contender.open(job.directory);
  try {
    if (job.situation === undefined) {
      return await probe(store, join(job.directory, "marks"));
    }
    const situation = cases.find(({ name }) => name === job.situation)!;
    return await measure(store, situation, job);
  } finally {
    await store.close();
  }
}

answer(await run(readJob()));

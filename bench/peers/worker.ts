/**
 * The process that measures one contender, or proves that it syncs.
 *
 * @module
 */

import { join } from "node:path";
import { answerJob } from "../process/worker.ts";
import { cases } from "./case.ts";
import { probe } from "./check_syncs.ts";
import { contenders } from "./contenders.ts";
import { type Duration, measure } from "./measure.ts";

/** What to measure. */
export interface PeersJob extends Duration {
  /** The name of a contender. */
  readonly contender: string;
  /** The name of a case. */
  readonly situation: string;
}

/** What to prove: a job without a case. */
export interface ProbeJob {
  readonly contender: string;
}

await answerJob<PeersJob | ProbeJob>(async (job) => {
  const contender = contenders.find(({ name }) => name === job.contender)!;
  const store = await contender.open(job.directory);
  try {
    if (!("situation" in job)) {
      return await probe(store, join(job.directory, "marks"));
    }
    const situation = cases.find(({ name }) => name === job.situation)!;
    return await measure(store, situation, job);
  } finally {
    await store.close();
  }
});

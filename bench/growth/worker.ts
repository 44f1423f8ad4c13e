/**
 * The process in which a log grows, or is overloaded.
 *
 * @module
 */

import { answer, readJob } from "../process/answer.ts";
import { growLog } from "./curve.ts";
import type { GrowthJob } from "./growth_job.ts";
import { overload } from "./overload.ts";

async function run(
  job: GrowthJob & { readonly directory: string },
): Promise<unknown> {
  if (job.kind === "curve") return await growLog(job.directory, job.records);
  const { directory, way, maxQueuedBytes, seconds } = job;
  return await overload(directory, way, maxQueuedBytes, seconds);
}

answer(await run(readJob()));

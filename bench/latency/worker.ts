/**
 * The process in which one way to open the log meets one rate of arrivals.
 *
 * @module
 */

import { answer, readJob } from "../process/answer.ts";
import { makeRecords } from "../process/make_records.ts";
import { arrivals } from "./arrivals.ts";
import { drive } from "./drive.ts";
import {
  LATENCY_SHARES,
  type LatencyFound,
  type LatencyJob,
} from "./latency_job.ts";
import { setups } from "./setups.ts";

/** Arrivals within that time are the warm-up and do not count. */
const WARM_SECONDS = 0.5;

async function run(
  job: LatencyJob & { readonly directory: string },
): Promise<LatencyFound> {
  const setup = setups.find(({ name }) => name === job.setup)!;
  const taker = await setup.open(job.directory);
  const instants = arrivals(job.rate, WARM_SECONDS + job.seconds, job.seed);
  const records = makeRecords(1024, job.bytes);
  const { latencies, unacked, elapsedMs } = await drive(
    taker,
    instants,
    records,
  );
  const first = instants.findIndex((at) => at >= WARM_SECONDS * 1000);
  const counted = latencies.slice(first).sort();
  return {
    latencies: LATENCY_SHARES.map((share) =>
      counted[Math.max(1, Math.ceil(share * counted.length)) - 1]
    ),
    arrived: instants.length,
    unacked,
    ackedPerSecond: (instants.length - unacked) / elapsedMs * 1000,
  };
}

answer(await run(readJob()));

/**
 * The process in which one setup meets one rate of arrivals.
 *
 * @module
 */

import { quantile } from "../../simulator/quantile.ts";
import { answerJob, makeRecords } from "../process/worker.ts";
import { arrivals, drive } from "./open_loop.ts";
import { policySetup, setups } from "./setups.ts";

/** What to measure. */
export interface LatencyJob {
  /** The name of a setup, or a policy. */
  readonly setup: string;
  /** Records a second. */
  readonly rate: number;
  readonly seconds: number;
  /** Arrivals before that are not counted. */
  readonly warmSeconds: number;
  readonly bytes: number;
  /** The shares at which to report latencies. */
  readonly shares: readonly number[];
}

/** What was found. */
export interface LatencyFound {
  /** In ms, at each of the job's shares. */
  readonly latencies: readonly number[];
  readonly arrived: number;
  readonly unacked: number;
  /** Acks a second from the first arrival to the last ack. */
  readonly ackedPerSecond: number;
}

await answerJob<LatencyJob & { readonly round: number }>(
  async (job): Promise<LatencyFound> => {
    const { rate, warmSeconds, shares } = job;
    const setup = setups.find(({ name }) => name === job.setup) ??
      policySetup(job.setup);
    const sink = await setup.open(job.directory);
    // All setups of a round get the same arrivals; each round has different
    // ones.
    const instants = arrivals(rate, warmSeconds + job.seconds, job.round);
    const records = makeRecords(1024, job.bytes);
    const loop = await drive(sink, instants, records);
    const first = instants.findIndex((at) => at >= warmSeconds * 1000);
    const counted = loop.latencies.slice(first).sort();
    const acked = instants.length - loop.unacked;
    return {
      latencies: shares.map((share) => quantile(counted, share)),
      arrived: instants.length,
      unacked: loop.unacked,
      ackedPerSecond: acked / loop.elapsedMs * 1000,
    };
  },
);

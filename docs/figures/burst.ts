import { AdaptivePolicy } from "../../policies/adaptive_policy.ts";
import { AgePolicy } from "../../policies/age_policy.ts";
import { anyOf } from "../../policies/any_of.ts";
import type { BatchPolicy, FlushReport } from "../../policies/batch_policy.ts";
import { BytesPolicy } from "../../policies/bytes_policy.ts";
import { CountPolicy } from "../../policies/count_policy.ts";
import { LeaderCommitPolicy } from "../../policies/leader_commit_policy.ts";
import { constantCosts } from "../../simulator/costs.ts";
import { simulate } from "../../simulator/simulate.ts";
import { type Look, LOOKS } from "./roster.ts";

/** What a sync takes here, in ms. */
export const BURST_SYNC_MS = 5;

/** A record of the burst. */
export interface BurstRecord {
  /** When it comes, in ms from the first. */
  readonly at: number;
  readonly bytes: number;
}

/** Ten records within 3 ms, one of them large, and a straggler. */
export const burst: readonly BurstRecord[] = [
  ...[0, 0.2, 0.5, 0.8, 1.2, 1.5, 1.9, 2.2, 2.6, 2.9].map((at, nth) => ({
    at,
    bytes: nth === 6 ? 900 : 100,
  })),
  { at: 20, bytes: 100 },
];

/** A flush of the burst, its instants from the burst's first record on. */
export interface BurstFlush {
  /** The records in it, as indices in {@linkcode burst}. */
  readonly records: readonly number[];
  readonly startedAt: number;
  readonly durableAt: number;
}

/** What a policy makes of the burst. */
export interface BurstRun {
  readonly name: string;
  readonly look: Look;
  readonly flushes: readonly BurstFlush[];
  readonly meanMs: number;
}

/** With limits that are as small as the burst. */
const policies: readonly [string, Look, BatchPolicy][] = [
  ["LeaderCommitPolicy", LOOKS.leader, new LeaderCommitPolicy()],
  [
    "… windowMs 2.5",
    LOOKS.window,
    new LeaderCommitPolicy({ windowMs: BURST_SYNC_MS / 2 }),
  ],
  ["AdaptivePolicy", LOOKS.adaptive, new AdaptivePolicy()],
  ["CountPolicy 4", LOOKS.count, new CountPolicy({ records: 4 })],
  ["BytesPolicy 800", LOOKS.bytes, new BytesPolicy({ bytes: 800 })],
  ["AgePolicy 4", LOOKS.age, new AgePolicy({ ms: 4 })],
  [
    "anyOf(count 8, age 4)",
    LOOKS.anyOf,
    anyOf(new CountPolicy({ records: 8 }), new AgePolicy({ ms: 4 })),
  ],
];

/** The burst comes so often: who learns has learned when it comes last. */
export const TIMES = 50;
const EVERY_MS = 100;

/** What each policy makes of the burst when it comes for the last time. */
export function burstRuns(): BurstRun[] {
  const arrivals = Array.from(
    { length: TIMES },
    (_, time) =>
      burst.map(({ at, bytes }) => ({ at: time * EVERY_MS + at, bytes })),
  ).flat();
  const costs = constantCosts({ syncMs: BURST_SYNC_MS });
  return policies.map(([name, look, policy]) => {
    const reports: FlushReport[] = [];
    const onFlush = (flush: FlushReport) => void reports.push(flush);
    const { latencies } = simulate(policy, arrivals, costs, { onFlush });
    const last = latencies.subarray(-burst.length);
    const meanMs = last.reduce((sum, ms) => sum + ms, 0) / last.length;
    const flushes = reports.map(flushOfLast).filter(({ records }) =>
      records.some((index) => index >= 0)
    );
    return { name, look, flushes, meanMs };
  });
}

/** As seen from the last burst: records of earlier ones are below 0. */
function flushOfLast(flush: FlushReport): BurstFlush {
  const { firstLsn, records, startedAt, durableAt } = flush;
  const earlier = (TIMES - 1) * burst.length;
  const origin = (TIMES - 1) * EVERY_MS;
  return {
    records: Array.from(
      { length: records },
      (_, nth) => firstLsn - 1 - earlier + nth,
    ),
    startedAt: startedAt - origin,
    durableAt: durableAt - origin,
  };
}

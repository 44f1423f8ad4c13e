import type { FlushReport } from "../../policies/batch_policy.ts";
import { parsePolicy } from "../../policies/parse_policy.ts";
import { constantCosts } from "../../simulator/costs.ts";
import { simulate } from "../../simulator/simulate.ts";
import { headHeight, newDocument, renderFigure } from "./plot/figure.ts";
import { drawLanes, type LaneFlush, lanesHeight } from "./plot/lanes.ts";
import { type PolicyId, roster } from "./roster.ts";

/** How long a sync takes here, in ms. */
const SYNC_MS = 5;

/** A record of the burst. */
interface BurstRecord {
  /** When it arrives, in ms after the first. */
  readonly at: number;
  readonly bytes: number;
}

/** Ten records within 3 ms, one of them large, and a straggler. */
const burst: readonly BurstRecord[] = [
  ...[0, 0.2, 0.5, 0.8, 1.2, 1.5, 1.9, 2.2, 2.6, 2.9].map((at, nth) => ({
    at,
    bytes: nth === 6 ? 900 : 100,
  })),
  { at: 20, bytes: 100 },
];

/** Policies with limits as small as the burst, and whose look each has. */
const POLICIES: readonly (readonly [policy: string, like: PolicyId])[] = [
  ["leader", "leader"],
  [`leader:${SYNC_MS / 2}`, "window"],
  ["adaptive", "adaptive"],
  ["count:4", "count"],
  ["bytes:800", "bytes"],
  ["age:4", "age"],
  ["count:8,age:4", "any"],
];

/** How many times the burst arrives; by the last, policies have learned. */
const TIMES = 50;
const EVERY_MS = 100;

/** What a policy does with the burst the last time that it arrives. */
export interface BurstRun {
  /** The policy, in the notation of `parsePolicy`. */
  readonly policy: string;
  readonly like: PolicyId;
  /** Instants are in ms after the burst's first record. */
  readonly flushes: readonly LaneFlush[];
  readonly meanMs: number;
}

/** Runs every policy. */
export function burstRuns(): BurstRun[] {
  const arrivals = Array.from(
    { length: TIMES },
    (_, time) =>
      burst.map(({ at, bytes }) => ({ at: time * EVERY_MS + at, bytes })),
  ).flat();
  const costs = constantCosts({ syncMs: SYNC_MS });
  return POLICIES.map(([policy, like]) => {
    const reports: FlushReport[] = [];
    const onFlush = (flush: FlushReport) => void reports.push(flush);
    const run = simulate(parsePolicy(policy), arrivals, costs, { onFlush });
    const last = run.latencies.subarray(-burst.length);
    const meanMs = last.reduce((sum, ms) => sum + ms, 0) / last.length;
    const flushes = reports
      .filter(({ lastLsn }) => lastLsn > (TIMES - 1) * burst.length)
      .map(flushOfLast);
    return { policy, like, flushes, meanMs };
  });
}

/** A flush as seen from the last burst. */
function flushOfLast(flush: FlushReport, index: number): LaneFlush {
  const { firstLsn, records, startedAt, writtenAt, endedAt } = flush;
  const first = firstLsn - 1 - (TIMES - 1) * burst.length;
  const some = burst.slice(first, first + records);
  const arrivals = some.map(({ at }) => at);
  const origin = (TIMES - 1) * EVERY_MS;
  return {
    index,
    appends: records,
    arrivals,
    large: some.filter(({ bytes }) => bytes > 100).map(({ at }) => at),
    oldest: arrivals[0],
    newest: arrivals[arrivals.length - 1],
    started: startedAt - origin,
    written: writtenAt - origin,
    durable: endedAt - origin,
  };
}

const WIDTH = 1000;
const EDGE = 24;

/** The same burst under each policy: which record rides in which flush. */
export function drawBurst(): string {
  const lanes = burstRuns().map(({ policy, like, flushes, meanMs }) => ({
    label: `${policy} · mean ${meanMs.toFixed(1)} ms · ` +
      `${flushes.length} flushes`,
    look: roster[like].look,
    flushes,
  }));
  const heading = {
    title: "The same burst under each policy",
    subtitle: [
      `Ticks are records; the long one has 900 bytes, the others 100. Bars ` +
      `are flushes of one ${SYNC_MS} ms sync each, with the records in each ` +
      "counted below.",
      `The burst arrives every ${EVERY_MS} ms. Shown is the ${TIMES}th time, ` +
      "when the policies that learn have learned.",
    ],
    description: "When each policy flushes the records of a burst, and " +
      "which records share a flush.",
  };
  const document = newDocument();
  const width = WIDTH - 2 * EDGE;
  const span = { fromMs: -1, toMs: 33 };
  const drawing = drawLanes(lanes, span, width, document);
  const top = headHeight(heading) + 6;
  return renderFigure(heading, document, [{ drawing, x: EDGE, y: top }], {
    width: WIDTH,
    height: top + lanesHeight(lanes.length) + 6,
  });
}

/*
 * How far AdaptivePolicy is from the best policy in hindsight, in simulations of
 * drawn patterns: nothing is measured, so neither disk nor load changes a table.
 */
import { parseArgs } from "node:util";
import { markdownTable } from "../../docs/figures/markdown_table.ts";
import { quantile } from "../../simulator/quantile.ts";
import { type Finding, judgeCost, judgeLatency, judgeP99 } from "./oracles.ts";
import { DEVICES, LOADS } from "./patterns.ts";

const HELP = `Usage: deno task bench:regret [OPTIONS]

Draws loads and devices, and compares AdaptivePolicy with fixed policies that
are chosen in hindsight, for each of its goals.

  --patterns N   patterns for the mean latency, and half as many for the other
                 goals; default 1000, which takes about 10 minutes
  --appends N    appends of each run; default 10000
  --seed N       number of the first pattern; default 1`;

const { values } = parseArgs({
  options: {
    patterns: { type: "string", default: "1000" },
    appends: { type: "string", default: "10000" },
    seed: { type: "string", default: "1" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  console.log(HELP);
  Deno.exit(0);
}
const patterns = Number(values.patterns);
const appends = Number(values.appends);
const seed = Number(values.seed);

/** The judgements on patterns that have one. */
function judge(
  count: number,
  one: (seed: number, appends: number) => Finding | undefined,
): Finding[] {
  return Array.from({ length: count }, (_, nth) => one(seed + nth, appends))
    .filter((finding) => finding !== undefined);
}

const percent = (ratio: number) => `${(100 * (ratio - 1)).toFixed(1)} %`;
const share = (of: number) => `${(100 * of).toFixed(1)} %`;

function quantiles(numbers: readonly number[]): string[] {
  const ascending = [...numbers].sort((a, b) => a - b);
  return [0.5, 0.9, 0.95, 1].map((rank) => percent(quantile(ascending, rank)));
}

/** One row for all findings, and one for each load and device. */
function rowsOf(
  findings: readonly Finding[],
  row: (findings: readonly Finding[]) => string[],
): string[][] {
  const parts: [string, readonly Finding[]][] = [
    ["all", findings],
    ...DEVICES.map((name) =>
      [name, findings.filter(({ pattern }) => pattern.device === name)] as [
        string,
        Finding[],
      ]
    ),
    ...LOADS.map((name) =>
      [name, findings.filter(({ pattern }) => pattern.load === name)] as [
        string,
        Finding[],
      ]
    ),
  ];
  return parts.filter(([, part]) => part.length > 0)
    .map(([name, part]) => [name, `${part.length}`, ...row(part)]);
}

const SPREAD = ["p50", "p90", "p95", "max"];
const within = (findings: readonly Finding[], most: number) =>
  share(
    findings.filter(({ p99Ratio }) => p99Ratio <= most).length /
      findings.length,
  );

console.log("Mean latency beyond the best of 37 fixed policies\n");
console.log(markdownTable(
  ["", "patterns", ...SPREAD, "p95, one run", "p99 <= 1.1 leader's"],
  rowsOf(judge(patterns, judgeLatency), (part) => [
    ...quantiles(part.map(({ ratio }) => ratio)),
    quantiles(part.map(({ singleRatio }) => singleRatio))[2],
    within(part, 1.1),
  ]),
));
console.log("\nFlushes beyond those of the best age that keeps a p99\n");
console.log(markdownTable(
  ["", "patterns", ...SPREAD, "bound kept"],
  rowsOf(judge(Math.ceil(patterns / 2), judgeP99), (part) => [
    ...quantiles(part.map(({ ratio }) => ratio)),
    within(part, 1),
  ]),
));
console.log("\nCost of flushes and waits beyond the best fixed policy's\n");
console.log(markdownTable(
  ["", "patterns", ...SPREAD],
  rowsOf(
    judge(Math.ceil(patterns / 2), judgeCost),
    (part) => quantiles(part.map(({ ratio }) => ratio)),
  ),
));

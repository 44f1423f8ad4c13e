/**
 * Holds the plots of the benchmarks to small samples. They need all contenders,
 * so this is for Deno alone.
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import { drawCurves, drawOverload } from "../../bench/growth/growth_plots.ts";
import { drawLatencies } from "../../bench/latency/latency_plot.ts";
import { setups } from "../../bench/latency/setups.ts";
import { flushings, levels, NO_LOG } from "../../bench/levels/levels_job.ts";
import { drawLevels } from "../../bench/levels/levels_plot.ts";
import { cases } from "../../bench/peers/case.ts";
import { contenders } from "../../bench/peers/contenders.ts";
import { peerPlots } from "../../bench/peers/plots.ts";
import type { Sample } from "../../bench/peers/sample.ts";
import { SHARES } from "../../bench/peers/stopwatch.ts";
import { setups as threadSetups } from "../../bench/thread/setups.ts";
import { drawThread } from "../../bench/thread/thread_plot.ts";
import { assert, assertEquals } from "../kit/assert.ts";
import { test } from "../kit/register.ts";

/** Two rounds of all contenders in all cases, each a little slower. */
const samples: Sample[] = cases.flatMap((situation) =>
  contenders.flatMap((contender, place) =>
    [1, 2].map((round) => ({
      ...{ runtime: "deno" as const, round },
      contender: contender.name,
      situation: situation.name,
      opsPerSecond: 1000 * situation.width / (place + round),
      latencies: SHARES.map((share) => (0.1 + share) * (place + round)),
      ...{ records: 100, elapsedMs: 100, slices: [1] },
    }))
  )
);

/** Asserts that a plot has only numbers, and names each of its series. */
function assertDrawn(svg: string, names: readonly string[]): void {
  assert(!/NaN|Infinity|undefined|\u26a0/.test(svg));
  for (const name of names) assert(svg.includes(`>${name}</text>`), name);
}

test("peerPlots() draws every contender in every plot", () => {
  const plots = peerPlots(cases, samples, ["a machine"]);
  assertEquals(Object.keys(plots), ["concurrency", "ratio", "latency"]);
  const names = contenders.map(({ name }) => name);
  for (const svg of Object.values(plots)) assertDrawn(svg, names);
  assertDrawn(plots.ratio, cases.map(({ title }) => title));
});

test("peerPlots() leaves out what was not measured", () => {
  const batches = cases.filter(({ kind }) => kind === "batches");
  assertEquals(Object.keys(peerPlots(batches, samples, [])), ["ratio"]);
  assertEquals(peerPlots(cases, [], []), {});
});

test("drawLatencies() draws setups that do not keep up as hollow", () => {
  const rows = setups.flatMap(({ name }, place) =>
    [100, 1000].map((rate) => ({
      ...{ setup: name, rate, ackedPerSecond: rate },
      latencies: [1, 2, 3, 4].map((ms) => ms * (place + 1)),
      keepsUp: rate < 1000,
    }))
  );
  const svg = drawLatencies(rows, ["a machine"]);
  assertDrawn(svg, setups.map(({ name }) => name));
  const hollow = svg.match(/<g [^>]*fill="var\(--paper\)"[^>]*>/g)!.length;
  assertEquals(hollow, 4 * setups.length);
});

test("drawLevels() draws every level and column", () => {
  const columns = ["disk", "tmpfs"].flatMap((place) =>
    flushings.map((flushing) => `${place}, ${flushing}`)
  );
  const found = {
    ...{ callersPerSecond: 1e5, batchedPerSecond: 1e6 },
    latencies: [0.1, 0.2, 3],
  };
  const cells = [
    ...levels.flatMap(({ name: level }) =>
      columns.map((column) => ({ level, column, ...found }))
    ),
    { level: NO_LOG, column: NO_LOG, ...found, callersPerSecond: 1e7 },
  ];
  const names = [...columns, ...levels.map(({ name }) => name), NO_LOG];
  assertDrawn(drawLevels(cells, ["a machine"]), names);
});

test("drawThread() draws every setup, and what is known about it", () => {
  const job = {
    ...{
      occasion: "slow syncs" as const,
      seconds: 1,
      rate: 50_000,
      syncMs: 10,
    },
    ...{ steadyRate: 1, queued: 1, opens: 1 },
  };
  const figures = { longestDelayMs: 9, p999DelayMs: 3, mainUsPerRecord: NaN };
  const names = threadSetups.map(({ name }) => name);
  const samples = names.flatMap((setup) =>
    [1, 2].map((round) => ({
      ...{ ...job, setup, round, figures, runtime: "bun" as const },
    }))
  );
  assertDrawn(drawThread(samples, ["a machine"]), [...names, "bun"]);
});

test("drawCurves() and drawOverload() name runtimes and ways", () => {
  const point = {
    ...{ records: 1e5, nsPerRecord: 900, bytes: 1, segments: 1, openMs: 2 },
    ...{ openCrashedMs: 9, tailBytes: 1, residentBytes: 1 },
  };
  const curve = [point, { ...point, records: 1e6 }];
  assertDrawn(drawCurves({ node: curve, deno: curve }, []), ["node", "deno"]);
  const overload = {
    ...{ runtime: "node" as const, way: "append" as const },
    ...{ recordsPerSecond: 1, residentBefore: 1, residentPeak: 9e7 },
  };
  const points = [1, 4].map((mib) => {
    return { ...overload, maxQueuedBytes: mib * 2 ** 20 };
  });
  assertDrawn(drawOverload(points, []), ["append"]);
});

test("docs/plots has no plot that the former chart library drew", () => {
  const directory = new URL("../../docs/plots/", import.meta.url);
  const plots = readdirSync(directory).filter((name) => name.endsWith(".svg"));
  assert(plots.length > 0);
  const former = plots.filter((name) =>
    readFileSync(new URL(name, directory), "utf8").includes('class="marks"')
  );
  assertEquals(former, []);
});

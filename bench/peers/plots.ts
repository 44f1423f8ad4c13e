import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Chart, renderSvg } from "../report/render_svg.ts";
import type { Case } from "./case.ts";
import { contenders } from "./contenders.ts";
import { scalesFor } from "./look.ts";
import { describeRuntime, type RuntimeName } from "../process/runtime.ts";
import type { Sample } from "./sample.ts";
import { SampleGroup } from "./samples.ts";
import { SHARES } from "./stopwatch.ts";

interface Source {
  readonly machine: readonly string[];
  readonly rounds: number;
  readonly cases: readonly Case[];
}

/** Draws a runtime's plots; answers with their files. */
export async function drawPeers(
  source: Source,
  samples: readonly Sample[],
  runtime: RuntimeName,
  directory: string,
): Promise<string[]> {
  const subtitle = [
    `${describeRuntime(runtime)}, median of ${source.rounds} rounds`,
    source.machine.slice(0, 4).map((line) => line.slice(13)).join(", "),
  ];
  const charts: Record<string, Chart | undefined> = {
    concurrency: concurrencyChart(source.cases, samples),
    ratio: ratioChart(source.cases, samples),
    latency: latencyChart(source.cases, samples),
  };
  const files: string[] = [];
  for (const [name, chart] of Object.entries(charts)) {
    if (chart === undefined) continue;
    const file = join(directory, `peers_${name}_${runtime}.svg`);
    const title = { text: chart.title, subtitle };
    writeFileSync(file, await renderSvg({ ...chart, title }));
    files.push(file);
  }
  return files;
}

/** Ticks of a logarithmic axis, few enough to read. */
function oneTwoFive(from: number, to: number): number[] {
  const ticks: number[] = [];
  for (let decade = from; decade <= to; decade *= 10) {
    ticks.push(decade, 2 * decade, 5 * decade);
  }
  return ticks;
}

/** The library stands out among so many. */
const strokeWidth = {
  condition: { test: "indexof(datum.contender, 'Syncline') === 0", value: 3.5 },
  value: 1.5,
};

/** What there is of each contender in each of `chosen`. */
function groups(chosen: readonly Case[], samples: readonly Sample[]) {
  return contenders.flatMap(({ name }) =>
    chosen.map((situation) => ({
      situation,
      contender: name,
      group: new SampleGroup(samples, name, situation),
    }))
  ).filter(({ group }) => !group.isEmpty);
}

function namesIn(rows: readonly { contender: string }[]): string[] {
  return [...new Set(rows.map(({ contender }) => contender))];
}

function concurrencyChart(
  cases: readonly Case[],
  samples: readonly Sample[],
): Chart | undefined {
  const chosen = cases.filter(({ kind }) => kind === "callers");
  const rows = groups(chosen, samples).map((row) => ({
    contender: row.contender,
    callers: row.situation.width,
    size: row.situation.title.split(" C=")[0],
    ops: row.group.ops,
  }));
  if (rows.length === 0) return undefined;
  const { color, shape, strokeDash } = scalesFor(namesIn(rows));
  const callers = [...new Set(rows.map(({ callers }) => callers))];
  return {
    title: "Durable records a second against callers",
    data: { values: rows },
    facet: { column: { field: "size", type: "nominal", sort: ["100 B"] } },
    spec: {
      width: 340,
      height: 380,
      encoding: {
        x: {
          field: "callers",
          type: "quantitative",
          scale: { type: "log", base: 2, domain: [0.8, 1300], nice: false },
          axis: { values: callers, format: "d" },
          title: "callers, each awaiting its ack",
        },
        y: {
          field: "ops",
          type: "quantitative",
          scale: { type: "log", nice: false, padding: 10 },
          axis: { format: "~s", values: oneTwoFive(100, 1e7) },
          title: "records/s, on disk before the ack",
        },
        color,
      },
      layer: [
        {
          mark: { type: "line", opacity: 0.8 },
          encoding: { strokeDash, strokeWidth },
        },
        {
          mark: { type: "point", filled: true, size: 70 },
          encoding: { shape },
        },
      ],
    },
  };
}

function ratioChart(
  cases: readonly Case[],
  samples: readonly Sample[],
): Chart | undefined {
  const rows = groups(cases, samples)
    .filter(({ group }) => group.ratio > 0)
    .map((row) => ({
      contender: row.contender,
      situation: row.situation.title,
      ratio: row.group.ratio,
    }));
  if (rows.length === 0) return undefined;
  const names = namesIn(rows);
  const { color, shape } = scalesFor(names);
  return {
    title: "Share of the floor, overwriting a zero-filled file",
    data: { values: rows },
    width: 460,
    height: { step: 56, for: "position" },
    mark: { type: "point", filled: true, size: 80, opacity: 0.9 },
    encoding: {
      x: {
        field: "ratio",
        type: "quantitative",
        scale: { type: "log", nice: false, padding: 12 },
        axis: { values: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3] },
        title: "records/s as a share of the floor's in the same round",
      },
      y: {
        field: "situation",
        type: "nominal",
        sort: cases.map(({ title }) => title),
        title: null,
        axis: { grid: true, bandPosition: 0, ticks: false },
      },
      yOffset: { field: "contender", type: "nominal", sort: names },
      color,
      shape,
    },
  };
}

function latencyChart(
  cases: readonly Case[],
  samples: readonly Sample[],
): Chart | undefined {
  const chosen = cases.filter(({ kind, bytes }) =>
    kind === "callers" && bytes === 100
  );
  const rows = groups(chosen, samples).flatMap((row) =>
    row.group.latencies.map((ms, index) => ({
      contender: row.contender,
      situation: row.situation.title,
      share: SHARES[index],
      ms,
    })).filter(({ share, ms }) => share <= 0.999 && ms > 0)
  );
  if (rows.length === 0) return undefined;
  const { color, strokeDash } = scalesFor(namesIn(rows));
  return {
    title: "Latency from append to ack: share of records acknowledged within",
    data: { values: rows },
    facet: {
      column: {
        field: "situation",
        type: "nominal",
        sort: chosen.map(({ title }) => title),
      },
    },
    spec: {
      width: 250,
      height: 300,
      mark: { type: "line", opacity: 0.85, clip: true },
      encoding: {
        x: {
          field: "ms",
          type: "quantitative",
          scale: { type: "log", nice: false },
          axis: {
            format: "~g",
            values: [0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 1000],
          },
          title: "ms",
        },
        y: {
          field: "share",
          type: "quantitative",
          axis: { format: "%" },
          title: "records",
        },
        color,
        strokeDash,
        strokeWidth,
      },
    },
    resolve: { scale: { x: "independent" } },
  };
}

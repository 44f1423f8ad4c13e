import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Panels, renderPanels } from "../../docs/figures/plot/figure.ts";
import type { Look } from "../../docs/figures/plot/palette.ts";
import type { Panel, Point, Series } from "../../docs/figures/plot/panel.ts";
import { describeRuntime, type RuntimeName } from "../process/runtime.ts";
import type { Case } from "./case.ts";
import { contenders } from "./contenders.ts";
import type { Sample } from "./sample.ts";
import { SampleGroup } from "./samples.ts";
import { SHARES } from "./stopwatch.ts";

interface Source {
  readonly machine: readonly string[];
  readonly rounds: number;
  readonly cases: readonly Case[];
}

const DASHED = "6 4";
const DOTTED = "2 3";

/** Makes the library stand out among so many. */
const OURS = { color: 2, width: 3.5, isAbove: true };

/*
 * An engine has one color; symbols and dashes tell the ways of using it apart.
 * Both of SQLite's packages have one color, too.
 */
const LOOKS: Readonly<Record<string, Look>> = {
  "floor: overwrite zeros": { color: 1, symbol: 7 },
  "floor: growing file": { color: 0, symbol: 7, dash: DASHED },
  "bare group commit": { color: 1, symbol: 1, dash: DASHED },
  "Syncline": { ...OURS, symbol: 0 },
  "Syncline, checkpoints": { ...OURS, symbol: 2, dash: DOTTED },
  "Syncline enqueue": { ...OURS, symbol: 3, dash: DASHED },
  "Syncline enqueue, checkpoints": { ...OURS, symbol: 1, dash: DOTTED },
  "lmdb": { color: 3, symbol: 1 },
  "classic-level": { color: 4, symbol: 4, dash: DASHED },
  "classic-level, grouped": { color: 4, symbol: 2 },
  "better-sqlite3": { color: 5, symbol: 4, dash: DASHED },
  "better-sqlite3, grouped": { color: 5, symbol: 2 },
  "node:sqlite, grouped": { color: 5, symbol: 5, dash: DOTTED },
  "sonic-boom, grouped": { color: 6, symbol: 3 },
  "redis AOF always": { color: 7, symbol: 6 },
};

/** Draws a runtime's plots and returns the names of their files. */
export function drawPeers(
  source: Source,
  samples: readonly Sample[],
  runtime: RuntimeName,
  directory: string,
): string[] {
  const subtitle = [
    `${describeRuntime(runtime)}, median of ${source.rounds} rounds`,
    source.machine.slice(0, 4).map((line) => line.slice(13)).join(", "),
  ];
  const plots = peerPlots(source.cases, samples, subtitle);
  return Object.entries(plots).map(([name, svg]) => {
    const file = join(directory, `peers_${name}_${runtime}.svg`);
    writeFileSync(file, svg);
    return file;
  });
}

/** The plots for which there are samples, as SVG, by name. */
export function peerPlots(
  cases: readonly Case[],
  samples: readonly Sample[],
  subtitle: readonly string[],
): Record<string, string> {
  const plots = {
    concurrency: concurrencyPlot(cases, samples),
    ratio: ratioPlot(cases, samples),
    latency: latencyPlot(cases, samples),
  };
  return Object.fromEntries(
    Object.entries(plots)
      .filter(([, { rows }]) => rows[0].some(({ series }) => series.length > 0))
      .map(([name, plot]) => [name, renderPanels({ ...plot, subtitle })]),
  );
}

type Plot = Omit<Panels, "subtitle">;

/** A series for each contender that has points. */
function seriesOf(
  pointsOf: (contender: string, index: number) => readonly Point[],
  rest: Partial<Series> = {},
): Series[] {
  return contenders.map(({ name }, index) => ({
    ...{ name, look: LOOKS[name], points: pointsOf(name, index) },
    ...rest,
  })).filter(({ points }) => points.length > 0);
}

function concurrencyPlot(
  cases: readonly Case[],
  samples: readonly Sample[],
): Plot {
  const chosen = cases.filter(({ kind }) => kind === "callers");
  const widths = [...new Set(chosen.map(({ width }) => width))];
  const sizes = [...new Set(chosen.map(({ title }) => title.split(" C=")[0]))];
  const panels = sizes.map((size) => ({
    size,
    series: seriesOf(
      (name) =>
        chosen.filter(({ title }) => title.startsWith(`${size} `))
          .map((one) => [one.width, opsOf(samples, name, one)] as const)
          .filter(([, ops]) => ops > 0),
      { marks: () => true },
    ),
  }));
  const all = panels.flatMap(({ series }) =>
    series.flatMap(({ points }) => points.map(([, ops]) => ops))
  );
  const domain = [Math.min(...all) / 1.3, Math.max(...all) * 1.3] as const;
  return {
    title: "Durable records a second against callers",
    description: "Records a second of each contender against the number of " +
      "callers that each await their acknowledgement.",
    rows: [panels.map(({ size, series }): Panel => ({
      title: `records/s, on disk before the ack: ${size} each`,
      x: {
        ...{ scale: "log", domain: [0.8, 1300], ticks: widths },
        label: "callers, each awaiting its ack",
        format: String,
      },
      y: { scale: "log", domain },
      series,
    }))],
    height: 420,
  };
}

function opsOf(
  samples: readonly Sample[],
  contender: string,
  situation: Case,
): number {
  const group = new SampleGroup(samples, contender, situation);
  return group.isEmpty ? 0 : group.ops;
}

function ratioPlot(cases: readonly Case[], samples: readonly Sample[]): Plot {
  // Contenders are next to each other within the row of a case.
  const offset = (index: number) =>
    ((index + 0.5) / contenders.length - 0.5) * 0.9;
  const series = seriesOf(
    (name, index) =>
      cases.map((situation, row) =>
        [ratioOf(samples, name, situation), row + offset(index)] as const
      ).filter(([ratio]) => ratio > 0),
    { joined: false, marks: () => true },
  );
  return {
    title: "Share of the floor, overwriting a zero-filled file",
    description: "Records a second of each contender as a share of what " +
      "overwriting a zero-filled file reaches, case by case.",
    rows: [[{
      x: {
        scale: "log",
        ticks: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3],
        label: "records/s as a share of the floor's in the same round",
      },
      y: {
        ...{ scale: "linear", domain: [cases.length - 0.5, -0.5] },
        ticks: [...cases.keys()],
        grid: [...cases.keys(), cases.length].map((row) => row - 0.5),
        format: (row) => cases[row].title,
      },
      series,
      marginLeft: 100,
    }]],
    width: 800,
    height: cases.length * 72 + 60,
  };
}

function ratioOf(
  samples: readonly Sample[],
  contender: string,
  situation: Case,
): number {
  const group = new SampleGroup(samples, contender, situation);
  return group.isEmpty ? 0 : group.ratio;
}

function latencyPlot(cases: readonly Case[], samples: readonly Sample[]): Plot {
  const chosen = cases.filter(({ kind, bytes }) =>
    kind === "callers" && bytes === 100
  );
  const pointsOf = (contender: string, situation: Case) => {
    const group = new SampleGroup(samples, contender, situation);
    if (group.isEmpty) return [];
    return group.latencies.map((ms, index) => [ms, SHARES[index]] as const)
      .filter(([ms, share]) => share <= 0.999 && ms > 0);
  };
  return {
    title: "Latency from append to ack: share of records acknowledged within",
    description: "For each contender, how large a share of its records is " +
      "acknowledged within a time, for several numbers of callers.",
    rows: [chosen.map((situation): Panel => ({
      title: situation.title,
      x: { scale: "log", label: "ms" },
      y: {
        ...{ scale: "linear", domain: [0, 1] },
        format: (share) => `${Math.round(share * 100)} %`,
      },
      series: seriesOf((name) => pointsOf(name, situation)),
    }))],
    height: 360,
  };
}

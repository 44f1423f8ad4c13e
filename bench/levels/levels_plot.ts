import { renderPanels } from "../../docs/figures/plot/figure.ts";
import type { Look } from "../../docs/figures/plot/palette.ts";
import { NO_LOG } from "./levels_job.ts";
import type { LevelsCell } from "./levels_table.ts";

const PANELS = [
  {
    title: "records/s, 64 callers",
    of: (cell: LevelsCell) => cell.callersPerSecond,
  },
  {
    title: "records/s, batches of 2,000",
    of: (cell: LevelsCell) => cell.batchedPerSecond,
  },
  {
    title: "p50 at a fixed rate, ms",
    of: ({ latencies: [p50] }: LevelsCell) => p50,
  },
  {
    title: "p99 at a fixed rate, ms",
    of: ({ latencies: [, p99] }: LevelsCell) => p99,
  },
];

/** By column. */
const LOOKS: Readonly<Record<string, Look>> = {
  "disk, inline": { color: 2 },
  "disk, thread": { color: 3 },
  "tmpfs, inline": { color: 4 },
  "tmpfs, thread": { color: 5 },
  [NO_LOG]: { color: 1 },
};

/** One row per level, and a symbol for each place and flushing. */
export function drawLevels(
  cells: readonly LevelsCell[],
  subtitle: readonly string[],
): string {
  const names = [...new Set(cells.map(({ level }) => level))];
  const columns = [...new Set(cells.map(({ column }) => column))];
  return renderPanels({
    title: "What each ack level costs: synchronous, ack",
    subtitle,
    description: "Rates of callers and batches, and latencies at a fixed " +
      "rate, by setting, place and where flushes happen.",
    rows: [PANELS.slice(0, 2), PANELS.slice(2)].map((pair) =>
      pair.map(({ title, of }) => ({
        ...{ title, marginLeft: 110 },
        x: { scale: "log" as const },
        y: {
          scale: "linear" as const,
          domain: [names.length - 0.5, -0.5] as const,
          ticks: names.map((_, index) => index),
          format: (index: number) => names[index],
        },
        series: columns.map((name) => ({
          ...{ name, look: LOOKS[name], joined: false, marks: () => true },
          points: cells.filter(({ column }) => column === name).map((cell) =>
            [of(cell), names.indexOf(cell.level)] as const
          ),
        })),
      }))
    ),
    height: 300,
  });
}

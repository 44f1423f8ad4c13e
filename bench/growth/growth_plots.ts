import { renderPanels } from "../../docs/figures/plot/figure.ts";
import type { CurvePoint, OverloadPoint } from "./growth_job.ts";

/** What the panels of a growing log show. */
const PANELS = [
  {
    title: "append, µs a record",
    of: (point: CurvePoint) => point.nsPerRecord / 1000,
  },
  {
    title: "open after a close, ms",
    of: (point: CurvePoint) => point.openMs,
  },
  {
    title: "open after a crash, ms",
    of: (point: CurvePoint) => point.openCrashedMs,
  },
];

/**
 * Cost of a record, and of opening, against the number of records in the log.
 */
export function drawCurves(
  curves: Readonly<Record<string, readonly CurvePoint[]>>,
  subtitle: readonly string[],
): string {
  return renderPanels({
    title: "A log that grows: durable batches of 2,000",
    subtitle,
    description: "What a record costs, and how long opening takes, against " +
      "the number of records in the log.",
    rows: [PANELS.map(({ title, of }) => ({
      title,
      x: { scale: "log", label: "records in the log" },
      y: { scale: "linear" },
      series: Object.entries(curves).map(([name, points], index) => ({
        ...{ name, look: { color: 2 + index }, marks: () => true },
        points: points.map((point) => [point.records, of(point)] as const),
      })),
    }))],
    height: 320,
  });
}

const MIB = 2 ** 20;

/** Peak of the resident set against the queue's bound. */
export function drawOverload(
  points: readonly OverloadPoint[],
  subtitle: readonly string[],
): string {
  const runtimes = [...new Set(points.map(({ runtime }) => runtime))];
  const ways = [...new Set(points.map(({ way }) => way))];
  const bounds = new Set(points.map((one) => one.maxQueuedBytes / MIB));
  const peaks = points.map(({ residentPeak }) => residentPeak / MIB);
  return renderPanels({
    title: "Memory under overload, records of 1 KB",
    subtitle,
    description: "Peak of the resident set against the limit of the queue, " +
      "by how the producers append.",
    rows: [runtimes.map((runtime) => ({
      title: `peak resident set, MiB: ${runtime}`,
      x: {
        scale: "log",
        ...{ ticks: [...bounds], label: "maxQueuedBytes, MiB" },
      },
      // The same for all, so that they can be compared.
      y: { scale: "linear", domain: [0, 1.05 * Math.max(...peaks)] },
      series: ways.map((way, index) => ({
        ...{ name: way, look: { color: 2 + index }, marks: () => true },
        points: points
          .filter((one) => one.runtime === runtime && one.way === way)
          .map((one) =>
            [one.maxQueuedBytes / MIB, one.residentPeak / MIB] as const
          ),
      })),
    }))],
    height: 320,
  });
}

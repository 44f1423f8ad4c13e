import { renderSvg } from "../report/render_svg.ts";
import type { CurvePoint, OverloadPoint } from "./growth_job.ts";

const COLORS = {
  scale: { range: ["#0072b2", "#d55e00", "#009e73"] },
  type: "nominal",
};

/** Cost of a record, and of opening, against records in the log. */
export function drawCurves(
  curves: Readonly<Record<string, readonly CurvePoint[]>>,
  subtitle: readonly string[],
): Promise<string> {
  const values = Object.entries(curves).flatMap(([runtime, points]) =>
    points.flatMap((point) =>
      [
        [point.nsPerRecord / 1000, "append, µs a record"],
        [point.openMs, "open after a close, ms"],
        [point.openCrashedMs, "open after a crash, ms"],
      ].map(([value, what]) => ({
        ...{ runtime, value, what },
        records: point.records,
      }))
    )
  );
  return renderSvg({
    title: { text: "A log that grows: durable batches of 2,000", subtitle },
    data: { values },
    facet: { column: { field: "what", type: "nominal" } },
    spec: {
      width: 230,
      height: 260,
      mark: { type: "line", point: true, strokeWidth: 2 },
      encoding: {
        x: {
          field: "records",
          type: "quantitative",
          scale: { type: "log", nice: false, padding: 10 },
          axis: { format: "~s", values: [1e5, 1e6, 1e7, 1e8] },
          title: "records in the log",
        },
        y: {
          field: "value",
          type: "quantitative",
          scale: { zero: true },
          title: null,
        },
        color: { field: "runtime", ...COLORS },
      },
    },
    resolve: { scale: { y: "independent" } },
  });
}

/** Peak of the resident set against the queue's bound. */
export function drawOverload(
  points: readonly OverloadPoint[],
  subtitle: readonly string[],
): Promise<string> {
  const values = points.map((point) => ({
    ...point,
    queueMiB: point.maxQueuedBytes / 2 ** 20,
    peakMiB: point.residentPeak / 2 ** 20,
  }));
  const bounds = [...new Set(values.map(({ queueMiB }) => queueMiB))];
  return renderSvg({
    title: { text: "Memory under overload, records of 1 KB", subtitle },
    data: { values },
    facet: { column: { field: "runtime", type: "nominal" } },
    spec: {
      width: 280,
      height: 260,
      mark: { type: "line", point: { size: 60 }, strokeWidth: 2 },
      encoding: {
        x: {
          field: "queueMiB",
          type: "quantitative",
          scale: { type: "log", base: 2, nice: false, padding: 10 },
          axis: { values: bounds },
          title: "maxQueuedBytes, MiB",
        },
        y: {
          field: "peakMiB",
          type: "quantitative",
          scale: { zero: true },
          title: "peak resident set, MiB",
        },
        color: { field: "way", ...COLORS },
      },
    },
  });
}

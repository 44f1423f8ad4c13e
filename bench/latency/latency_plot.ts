import { renderSvg } from "../report/render_svg.ts";
import type { LatencyRow } from "./latency_table.ts";
import { setups } from "./setups.ts";

const COLORS = [
  "#999999",
  ...["#000000", "#d55e00", "#e69f00", "#0072b2", "#56b4e9", "#009e73"],
  ...["#cc79a7", "#d55e00"],
];
const SHAPES = [
  "cross",
  ...["triangle-left", "circle", "diamond", "square", "triangle-up"],
  ...["triangle-down", "triangle-right", "circle"],
];
const DASHES = setups.map(({ name }) =>
  /threaded|floor/.test(name) ? [5, 3] : []
);
const SHARES = ["p50", "p99", "p99.9", "max"];

/** Makes scales of the setups that there are, from a range for all. */
function scaleFor(
  rows: readonly LatencyRow[],
): (range: readonly unknown[]) => Record<string, unknown> {
  const names = setups.map(({ name }) => name);
  const domain = names.filter((name) => rows.some((row) => row.setup === name));
  return (range) => ({
    field: "setup",
    type: "nominal",
    sort: domain,
    scale: { domain, range: domain.map((name) => range[names.indexOf(name)]) },
  });
}

/** Latency against the rate of arrivals; who is overloaded is hollow. */
export function drawLatencies(
  rows: readonly LatencyRow[],
  subtitle: readonly string[],
): Promise<string> {
  const scale = scaleFor(rows);
  const rates = [...new Set(rows.map(({ rate }) => rate))];
  return renderSvg({
    title: {
      text: "Latency from intended arrival to ack, open loop",
      subtitle: [...subtitle, "hollow: did not keep up with the arrivals"],
    },
    data: {
      values: rows.flatMap(({ setup, rate, latencies, keepsUp }) =>
        latencies.map((ms, index) => ({
          ...{ setup, rate, ms, keepsUp },
          share: SHARES[index],
        }))
      ),
    },
    facet: { column: { field: "share", type: "nominal", sort: SHARES } },
    spec: {
      width: 190,
      height: 320,
      encoding: {
        x: {
          field: "rate",
          type: "quantitative",
          scale: { type: "log", nice: false, padding: 14 },
          axis: { values: rates, format: "~s" },
          title: "records/s that arrive",
        },
        y: {
          field: "ms",
          type: "quantitative",
          scale: { type: "log", nice: false, padding: 10 },
          axis: {
            format: "~g",
            values: [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000],
          },
          title: "ms",
        },
        color: scale(COLORS),
      },
      layer: [
        {
          mark: { type: "line", strokeWidth: 1.6, opacity: 0.8 },
          encoding: { strokeDash: scale(DASHES) },
        },
        {
          mark: { type: "point", size: 60, strokeWidth: 1.6 },
          encoding: {
            shape: scale(SHAPES),
            fill: {
              condition: { test: "datum.keepsUp", ...scale(COLORS) },
              value: "#ffffff",
            },
          },
        },
      ],
    },
  });
}

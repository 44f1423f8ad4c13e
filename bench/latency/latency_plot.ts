import { renderPanels } from "../../docs/figures/plot/figure.ts";
import type { Look } from "../../docs/figures/plot/palette.ts";
import { roster } from "../../docs/figures/roster.ts";
import type { LatencyRow } from "./latency_table.ts";
import { setups } from "./setups.ts";

const SHARES = ["p50", "p99", "p99.9", "max"];
const DASHED = "5 3";

/** The looks of the setups: the floor, each policy's own, and the default's. */
const LOOKS: readonly Look[] = [
  { color: 0, symbol: 7, dash: DASHED },
  ...Object.values(roster).map(({ look }) => look),
  { ...roster.leader.look, symbol: 0, dash: DASHED },
];

/** Latency against the arrival rate; symbols are hollow under overload. */
export function drawLatencies(
  rows: readonly LatencyRow[],
  subtitle: readonly string[],
): string {
  const rates = [...new Set(rows.map(({ rate }) => rate))];
  const shown = setups.map(({ name }, index) => ({
    ...{ name, look: LOOKS[index] },
    rows: rows.filter(({ setup }) => setup === name),
  })).filter(({ rows }) => rows.length > 0);
  const all = rows.flatMap(({ latencies }) => latencies);
  return renderPanels({
    title: "Latency from intended arrival to ack, open loop",
    subtitle: [
      ...subtitle,
      "Hollow: the setup did not keep up with the arrivals.",
    ],
    description: "Median, p99, p99.9 and largest latency of each setup " +
      "against the arrival rate.",
    rows: [[0, 1], [2, 3]].map((pair) =>
      pair.map((share) => ({
        title: `${SHARES[share]}, ms`,
        x: {
          scale: "log" as const,
          ...{ ticks: rates, label: "records/s arriving" },
        },
        // The same for all, so that they can be compared.
        y: {
          scale: "log" as const,
          domain: [Math.min(...all) / 1.3, Math.max(...all) * 1.3] as const,
        },
        series: shown.map(({ name, look, rows }) => ({
          ...{ name, look, marks: () => true },
          points: rows.map((one) => [one.rate, one.latencies[share]] as const),
          hollow: (index: number) => !rows[index].keepsUp,
        })),
      }))
    ),
    height: 340,
  });
}

import { renderPanels } from "../../docs/figures/plot/figure.ts";
import { setups } from "./setups.ts";
import { figureOf, largest, type ThreadSample } from "./thread_table.ts";

const PANELS: readonly {
  readonly title: string;
  readonly figure: string;
  readonly combine?: typeof largest;
  readonly scale: "log" | "linear";
}[] = [
  {
    title: "longest delay of a 1 ms timer, ms",
    ...{ figure: "longestDelayMs", combine: largest, scale: "log" },
  },
  {
    title: "p99.9 of the delay, ms",
    ...{ figure: "p999DelayMs", scale: "log" },
  },
  {
    title: "CPU of the main thread, us a record",
    ...{ figure: "mainUsPerRecord", scale: "linear" },
  },
];

/** One row for each setup, and a symbol for each runtime. */
export function drawThread(
  samples: readonly ThreadSample[],
  subtitle: readonly string[],
): string {
  const names = setups.map(({ name }) => name);
  const runtimes = [...new Set(samples.map(({ runtime }) => runtime))];
  const [{ rate, syncMs }] = samples;
  return renderPanels({
    title: "What slow syncs do to the event loop",
    subtitle: [
      ...subtitle,
      `${rate} records/s of 1 KB while each sync takes ${syncMs} ms longer`,
    ],
    description:
      "Delays of a timer and CPU time of the main thread, by where " +
      "flushes happen.",
    rows: [PANELS.map(({ title, figure, combine, scale }) => ({
      ...{ title, marginLeft: 60 },
      x: { scale },
      y: {
        scale: "linear" as const,
        domain: [names.length - 0.5, -0.5] as const,
        ticks: names.map((_, index) => index),
        format: (index: number) => names[index],
      },
      series: runtimes.map((runtime, index) => ({
        ...{ name: runtime, look: { color: 2 + index } },
        ...{ joined: false, marks: () => true },
        points: names.flatMap((name, row) => {
          const found = samples.filter((one) => one.runtime === runtime);
          const value = figureOf(found, name, figure, combine);
          return Number.isFinite(value) ? [[value, row] as const] : [];
        }),
      })),
    }))],
    height: 220,
  });
}

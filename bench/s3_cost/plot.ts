import { renderPanels } from "../../docs/figures/plot/figure.ts";
import { priceOf, type Prices } from "./bill.ts";
import { loads, type Month, policies } from "./runs.ts";
import { requestsOfWriter } from "./tables.ts";

const steady = loads.filter(({ burst, share }) => burst === 1 && share === 1);

/** Money and latency against the arrival rate, by policy. */
export function drawCost(
  months: readonly Month[],
  prices: Prices,
  subtitle: readonly string[],
): string {
  const panels = [
    {
      title: "requests of the writer, cost a month",
      of: (month: Month) => priceOf(requestsOfWriter(month), prices),
    },
    { title: "mean latency, ms", of: ({ meanMs }: Month) => meanMs },
    { title: "p99 latency, ms", of: ({ p99Ms }: Month) => p99Ms },
  ];
  const rates = steady.map(({ perSecond }) => perSecond);
  return renderPanels({
    title: "A log on object storage: what it costs, and how long it takes",
    subtitle,
    description: "Cost of a month, mean latency and p99 of each policy " +
      "against the arrival rate.",
    rows: [panels.map(({ title, of }) => ({
      title,
      x: {
        scale: "log" as const,
        ...{ ticks: rates, label: "records/s arriving" },
        format: (rate: number) => rate < 1000 ? `${rate}` : `${rate / 1000}k`,
      },
      y: { scale: "log" as const },
      series: policies.map(({ policy, color }) => ({
        ...{ name: policy, look: { color }, marks: () => true },
        points: steady.map(({ name, perSecond }) => {
          const month = months.find((one) =>
            one.policy === policy && one.load === name
          )!;
          return [perSecond, of(month)] as const;
        }),
      })),
    }))],
    height: 340,
  });
}

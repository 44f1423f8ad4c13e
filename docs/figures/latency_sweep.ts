import { devices } from "./device.ts";
import { drawPanels, type Panel, type Series } from "./draw_panels.ts";
import { recordsComing } from "./loads.ts";
import { measure, type Measured } from "./measure.ts";
import { shownPolicies } from "./roster.ts";

/** Records a second, five times a decade, from 10 to 100,000. */
const RATES = Array.from({ length: 21 }, (_, step) => 10 ** (1 + step / 5));

/** What the rows of panels show. */
const ROWS = [
  { text: "mean latency, ms", of: ({ meanMs }: Measured) => meanMs },
  { text: "p99, ms", of: ({ p99Ms }: Measured) => p99Ms },
  {
    text: "flushes/s",
    of: ({ flushesPerSecond }: Measured) => flushesPerSecond,
  },
];

/** Above this many syncs, in ms, latencies are off the plot. */
const MOST_SYNCS = { fast: 150, slow: 5 };

/** Latency and flushes against the records that come, by policy and device. */
export function drawLatencySweep(): string {
  const columns = devices.map((device) => {
    const swept = shownPolicies.map((policy) => {
      const found = RATES.map((perSecond) => {
        const load = { make: () => recordsComing(perSecond) };
        return measure(policy.make(device), load, device);
      });
      return { policy, found };
    });
    return ROWS.map(({ text, of }): Panel => {
      const isLatency = text !== "flushes/s";
      const most = isLatency
        ? MOST_SYNCS[device.name as keyof typeof MOST_SYNCS] * device.syncMs
        : Infinity;
      return {
        title: `${text}: ${device.name} device, ${device.syncMs} ms a sync`,
        x: "records/s that come",
        scale: "log",
        series: swept.map(({ policy: { name, look }, found }): Series => {
          const kept = found.findIndex((one) =>
            one.outcome !== "timely" || isLatency && of(one) > most
          );
          const shown = kept === -1 ? found : found.slice(0, kept);
          return {
            name,
            look,
            points: shown.map((one, index) => [RATES[index], of(one)]),
            breaksOff: kept !== -1,
          };
        }),
      };
    });
  });
  return drawPanels({
    title: "Records that come whatever the log does",
    subtitle:
      "Independent of each other (a Poisson process), 100 bytes each. " +
      "A cross: beyond this rate the policy does not keep up.",
    label: "Latency and flushes of each policy against records a second",
    rows: ROWS.map((_, row) => columns.map((column) => column[row])),
  });
}

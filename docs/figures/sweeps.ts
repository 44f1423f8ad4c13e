import {
  callersWaiting,
  type Device,
  devices,
  loads,
  measure,
  type Measured,
  recordsComing,
} from "./measure.ts";
import { renderPanels } from "./plot/figure.ts";
import type { Panel, Series } from "./plot/panel.ts";
import { policyFor, type PolicyId, policyIds, roster } from "./roster.ts";

/** Height of a panel with its axis, in pixels. */
const HEIGHT = 290;

/** Each line has a symbol at one point in this many, and each elsewhere. */
const MARKS_EVERY = 8;

/** What the legends call the policies: the notation, for those it covers. */
const NAMES: Readonly<Record<PolicyId, string>> = {
  alone: "count:1 (no batching)",
  leader: "leader (default)",
  window: "leader, window of half a sync",
  adaptive: "adaptive",
  count: "count:256",
  bytes: "bytes:64k",
  age: "age:2",
  any: "count:1000,bytes:1m,age:10",
};

function seriesOf(
  id: PolicyId,
  points: Series["points"],
  breaksOff = false,
): Series {
  const { look } = roster[id];
  const marks = (index: number) => (index + look.color) % MARKS_EVERY === 0;
  return { name: NAMES[id], look, points, marks, breaksOff };
}

/** Records a second, five times a decade, from 10 to 100,000. */
const RATES = Array.from({ length: 21 }, (_, step) => 10 ** (1 + step / 5));

/** Above this many syncs, in ms, latencies are off the plot. */
const MOST_SYNCS = { fast: 150, slow: 5 };

/** What the rows of panels show, and up to what value. */
const ROWS = [
  { text: "mean latency, ms", of: (one: Measured) => one.meanMs },
  { text: "p99 latency, ms", of: (one: Measured) => one.p99Ms },
  { text: "flushes/s", of: (one: Measured) => one.flushesPerSecond },
];

/** Latency and flushes against the arrival rate, by policy and device. */
export function drawLatencySweep(): string {
  const columns = devices.map((device) => {
    const swept = policyIds.map((id) => {
      const found = RATES.map((perSecond) => {
        const load = { make: () => recordsComing(perSecond) };
        return measure(policyFor(id, device), load, device);
      });
      return { id, found };
    });
    return ROWS.map(({ text, of }): Panel => {
      const most = text === "flushes/s"
        ? Infinity
        : MOST_SYNCS[device.name as keyof typeof MOST_SYNCS] * device.syncMs;
      return {
        title: `${text}: ${device.name} device, ${device.syncMs} ms a sync`,
        x: { scale: "log", label: "records/s arriving" },
        y: { scale: "log" },
        series: swept.map(({ id, found }) => {
          const end = found.findIndex((one) =>
            one.outcome !== "timely" || of(one) > most
          );
          const shown = end === -1 ? found : found.slice(0, end);
          const points = shown.map((one, at) => [RATES[at], of(one)] as const);
          return seriesOf(id, points, end !== -1);
        }),
      };
    });
  });
  return renderPanels({
    title: "Records that arrive regardless of what the log does",
    subtitle: [
      "Independent arrivals (a Poisson process) of 100 bytes each. " +
      "A cross: above this rate the policy does not keep up.",
    ],
    description: "Mean latency, p99 latency and flushes a second of each " +
      "policy against the arrival rate, on a fast and on a slow device.",
    rows: ROWS.map((_, row) => columns.map((column) => column[row])),
    height: HEIGHT,
  });
}

/** Two for each doubling, from 1 to 1024. */
const CALLERS = Array.from(
  { length: 20 },
  (_, step) => Math.round(2 ** ((step + 1) / 2)),
);

/** Throughput against callers that await their acks, by policy and device. */
export function drawCallersSweep(): string {
  const columns = devices.map(callersPanels);
  return renderPanels({
    title: "Callers that await each record before they append the next",
    subtitle: [
      "Each pauses 1 ms on average between an ack and its next append. " +
      "100 %: each gets as much as a lone caller with the default.",
    ],
    description: "Records a second of each policy against the number of " +
      "callers, on a fast and on a slow device, absolute and as a share of " +
      "what is possible.",
    rows: [0, 1].map((row) => columns.map((column) => column[row])),
    height: HEIGHT,
  });
}

function callersPanels(device: Device): Panel[] {
  const swept = policyIds.map((id) => ({
    id,
    rates: CALLERS.map((callers) => {
      const appends = Math.max(60, 8000 / callers);
      const load = { make: () => callersWaiting(callers, device, appends) };
      return measure(policyFor(id, device), load, device).recordsPerSecond;
    }),
  }));
  const lone = measure(policyFor("leader", device), loads.lone, device);
  const where = `${device.name} device, ${device.syncMs} ms a sync`;
  const x = {
    ...{ scale: "log", label: "callers" } as const,
    ticks: [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024],
    format: String,
  };
  const panel = (title: string, y: Panel["y"], of: typeof share): Panel => ({
    ...{ title: `${title}: ${where}`, x, y },
    series: swept.map(({ id, rates }) =>
      seriesOf(id, rates.map((rate, at) => [CALLERS[at], of(rate, at)]))
    ),
  });
  const share = (rate: number, at: number) =>
    rate / (CALLERS[at] * lone.recordsPerSecond) * 100;
  return [
    panel("records/s", { scale: "log" }, (rate) => rate),
    panel("% of what is possible", {
      ...{ scale: "linear", domain: [0, 105] },
      ticks: [0, 25, 50, 75, 100],
    }, share),
  ];
}

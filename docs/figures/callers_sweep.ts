import { type Device, devices } from "./device.ts";
import { drawPanels, type Panel } from "./draw_panels.ts";
import { callersWaiting, loads } from "./loads.ts";
import { measure } from "./measure.ts";
import { roster, shownPolicies } from "./roster.ts";

/** Two more for each doubling, from 1 to 1024. */
const CALLERS = Array.from(
  { length: 20 },
  (_, step) => Math.round(2 ** ((step + 1) / 2)),
);

/** Throughput against callers who wait for their acks, by policy and device. */
export function drawCallersSweep(): string {
  const columns = devices.map(panelsOf);
  return drawPanels({
    title: "Callers who await each record before they append the next",
    subtitle: "Each takes 1 ms on average from an ack to its next append. " +
      "100 %: each gets as much as a lone one with the default.",
    label: "Throughput of each policy against the number of callers",
    rows: [0, 1].map((row) => columns.map((column) => column[row])),
  });
}

function panelsOf(device: Device): Panel[] {
  const swept = shownPolicies.map((policy) => ({
    ...policy,
    breaksOff: false,
    rates: CALLERS.map((callers) => {
      const appends = Math.max(60, 8000 / callers);
      const load = { make: () => callersWaiting(callers, device, appends) };
      return measure(policy.make(device), load, device).recordsPerSecond;
    }),
  }));
  const lone = measure(roster.leader.make(), loads.lone, device);
  const most = CALLERS.map((callers) => callers * lone.recordsPerSecond);
  const where = `${device.name} device, ${device.syncMs} ms a sync`;
  return [
    {
      title: `records/s: ${where}`,
      x: "callers",
      scale: "log",
      series: swept.map(({ rates, ...policy }) => ({
        ...policy,
        points: rates.map((rate, index) => [CALLERS[index], rate]),
      })),
    },
    {
      title: `% of what is possible: ${where}`,
      x: "callers",
      scale: "percent",
      series: swept.map(({ rates, ...policy }) => ({
        ...policy,
        points: rates.map((
          rate,
          index,
        ) => [CALLERS[index], rate / most[index] * 100]),
      })),
    },
  ];
}

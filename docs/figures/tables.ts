import { formatDuration, formatRate } from "../../cli/io/format.ts";
import { markdownTable } from "../../bench/report/markdown_table.ts";
import { devices } from "./device.ts";
import { extremes, type Load, loads } from "./loads.ts";
import { measure, type Measured } from "./measure.ts";
import { shownPolicies } from "./roster.ts";
import { type Variant, variants } from "./variants.ts";

/** The tables of docs/policies.md, by the names of their places in it. */
export function makeTables(): ReadonlyMap<string, string> {
  return new Map([
    ["loads", loadsTable()],
    ["devices", devicesTable()],
    ...overviews(),
    ...Object.entries(variants).map(([name, some]) =>
      [name, variantsTable(some)] as const
    ),
  ]);
}

function loadsTable(): string {
  const rows = Object.values({ ...loads, ...extremes })
    .map(({ name, text }) => [name, text]);
  return markdownTable(["load", "what comes"], rows, 2);
}

function devicesTable(): string {
  const rows = devices.map(({ name, like, costs }) => [
    name,
    like,
    formatDuration(costs.syncMs(0, 0)),
    formatDuration(costs.writeMs(0)),
    formatDuration(costs.writeMs(2 ** 20) - costs.writeMs(0)),
  ]);
  const head = ["device", "like", "sync", "write", "and each MiB"];
  return markdownTable(head, rows, 2);
}

/** All policies under all loads: how long records wait, and what it costs. */
function overviews(): [string, string][] {
  const rows = devices.flatMap((device) =>
    Object.values(loads).map((load) => ({
      names: [device.name, load.name],
      found: shownPolicies.map((policy) =>
        measure(policy.make(device), load, device)
      ),
    }))
  );
  const head = [
    ...["device", "load"],
    ...shownPolicies.map(({ short }) => short),
  ];
  const table = (cellsOf: (found: readonly Measured[]) => string[]) =>
    markdownTable(
      head,
      rows.map(({ names, found }) => [...names, ...cellsOf(found)]),
      2,
    );
  return [
    ["means", table(meansOf)],
    ["flushes", table((found) => found.map(showFlushes))],
  ];
}

/** What is slower by less than this share is as fast. */
const AS_FAST = 1.05;

function meansOf(found: readonly Measured[]): string[] {
  const least = Math.min(
    ...found.filter(({ outcome }) => outcome === "timely")
      .map(({ meanMs }) => meanMs),
  );
  return found.map((one) => {
    const isBest = one.outcome === "timely" && one.meanMs <= least * AS_FAST;
    return isBest ? `**${showMean(one)}**` : showMean(one);
  });
}

function variantsTable(some: readonly Variant[]): string {
  const head = [
    ...["options", "load"],
    ...devices.flatMap(({ name }) =>
      ["mean", "p99", "flushes/s"].map((what) => `${name}: ${what}`)
    ),
  ];
  const rows = some.flatMap(({ options, make, under }) =>
    under.map((load: Load) => [
      options,
      load.name,
      ...devices.flatMap((device) => {
        const found = measure(make(device), load, device);
        return [showMean(found), showP99(found), showFlushes(found)];
      }),
    ])
  );
  return markdownTable(head, rows, 2);
}

function showMean({ outcome, meanMs }: Measured): string {
  return outcome === "timely" ? formatDuration(meanMs) : outcome;
}

function showP99({ outcome, p99Ms }: Measured): string {
  return outcome === "timely" ? formatDuration(p99Ms) : outcome;
}

function showFlushes({ outcome, flushesPerSecond }: Measured): string {
  return outcome === "never" ? "0" : formatRate(flushesPerSecond);
}

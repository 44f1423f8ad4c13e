import { formatDuration, formatRate } from "../../cli/io/format.ts";
import { AdaptivePolicy } from "../../policies/adaptive_policy.ts";
import { anyOf } from "../../policies/any_of.ts";
import type { BatchPolicy } from "../../policies/batch_policy.ts";
import { BytesPolicy } from "../../policies/bytes_policy.ts";
import { CountPolicy } from "../../policies/count_policy.ts";
import { LeaderCommitPolicy } from "../../policies/leader_commit_policy.ts";
import { parsePolicy } from "../../policies/parse_policy.ts";
import { markdownTable } from "./markdown_table.ts";
import {
  type Device,
  devices,
  extremes,
  type Load,
  loads,
  measure,
  type Measured,
} from "./measure.ts";
import { policyFor, policyIds, roster } from "./roster.ts";

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

/** A policy with options, and the loads that show what they do. */
interface Variant {
  readonly options: string;
  /** In the notation of `parsePolicy`, as far as that covers the options. */
  readonly policy: string | ((device: Device) => BatchPolicy);
  readonly under: readonly Load[];
}

const all = Object.values(loads);
const { deluge, large } = extremes;
const { lone, callers, trickle, flood, bursts } = loads;

/** The rows of each policy's table, by its place in the document. */
const variants: Readonly<Record<string, readonly Variant[]>> = {
  leader: [
    { options: "default", policy: "leader", under: [...all, deluge, large] },
  ],
  window: [
    {
      options: "half a sync",
      policy: (device) => policyFor("window", device),
      under: all,
    },
    {
      options: "half, 8 siblings",
      policy: ({ syncMs }) =>
        new LeaderCommitPolicy({ windowMs: syncMs / 2, minSiblings: 8 }),
      under: [trickle, bursts],
    },
    { options: "2 ms", policy: "leader:2", under: [callers, bursts] },
    {
      options: "1.5 syncs",
      policy: ({ syncMs }) => parsePolicy(`leader:${1.5 * syncMs}`),
      under: [callers, trickle, bursts],
    },
  ],
  adaptive: [
    { options: "default", policy: "adaptive", under: [...all, deluge] },
    {
      options: "ladder to 128",
      policy: () => new AdaptivePolicy({ ladder: [2, 4, 8, 16, 32, 64, 128] }),
      under: [deluge],
    },
    {
      options: "p99 of 100 ms",
      policy: "adaptive:100",
      under: [callers, trickle, flood, bursts],
    },
  ],
  count: [
    { options: "default, 256", policy: "count:256", under: [...all, deluge] },
    { options: "16", policy: "count:16", under: [callers, flood] },
    {
      options: '100, "wait"',
      policy: () => new CountPolicy({ records: 100, whenIdle: "wait" }),
      under: [callers, trickle, flood],
    },
  ],
  bytes: [
    {
      options: "default, 64 KiB",
      policy: "bytes:64k",
      under: [...all, deluge, large],
    },
    { options: "16 KiB", policy: "bytes:16k", under: [deluge] },
    { options: "1 MiB", policy: "bytes:1m", under: [large] },
  ],
  age: [
    { options: "default, 2 ms", policy: "age:2", under: all },
    { options: "10 ms", policy: "age:10", under: [lone, callers, trickle] },
    { options: "100 ms", policy: "age:100", under: [trickle, bursts] },
  ],
  anyOf: [
    {
      options: "1000, 1 MiB, 10 ms",
      policy: "count:1000,bytes:1m,age:10",
      under: all,
    },
    {
      options: "count 64, age 10 ms",
      policy: "count:64,age:10",
      under: [callers, flood],
    },
    {
      options: "Adaptive, 64 KiB",
      policy: () => anyOf(new AdaptivePolicy(), new BytesPolicy()),
      under: [callers, bursts],
    },
  ],
};

function loadsTable(): string {
  const rows = Object.values({ ...loads, ...extremes })
    .map(({ name, text }) => [name, text]);
  return markdownTable(["load", "appends"], rows, 2);
}

function devicesTable(): string {
  const rows = devices.map(({ name, like, costs }) => [
    name,
    like,
    formatDuration(costs.syncMs(0, 0, 0)),
    formatDuration(costs.writeMs(0)),
    formatDuration(costs.writeMs(2 ** 20) - costs.writeMs(0)),
  ]);
  const head = ["device", "typical of", "sync", "write", "plus, per MiB"];
  return markdownTable(head, rows, 2);
}

/** All policies under all loads: how long records wait, and how many flushes that takes. */
function overviews(): [string, string][] {
  const rows = devices.flatMap((device) =>
    Object.values(loads).map((load) => ({
      names: [device.name, load.name],
      found: policyIds.map((id) =>
        measure(policyFor(id, device), load, device)
      ),
    }))
  );
  const head = [
    ...["device", "load"],
    ...policyIds.map((id) => roster[id].short),
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

/** Means within this factor of the least are equally good. */
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
  const rows = some.flatMap(({ options, policy, under }) =>
    under.map((load) => [
      options,
      load.name,
      ...devices.flatMap((device) => {
        const made = typeof policy === "string"
          ? parsePolicy(policy)
          : policy(device);
        const found = measure(made, load, device);
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

const PLACE = /(<!-- figures: (\S+) -->\n)[^]*?(<!-- end of figures -->)/g;

/**
 * The document with each table at the place that has its name. Throws if a place
 * has no table or a table no place.
 */
export function insertTables(
  document: string,
  tables: ReadonlyMap<string, string>,
): string {
  const left = new Set(tables.keys());
  const written = document.replaceAll(PLACE, (_, begin, name, end) => {
    const table = tables.get(name);
    if (table === undefined) throw new Error(`No table is called "${name}"`);
    left.delete(name);
    return `${begin}\n${table}\n\n${end}`;
  });
  if (left.size === 0) return written;
  throw new Error(`The document has no place for: ${[...left].join(", ")}`);
}

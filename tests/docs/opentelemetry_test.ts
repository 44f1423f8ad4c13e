/**
 * Holds docs/opentelemetry.md and the dashboard against what the exporter for
 * Prometheus really shows.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { observeLog } from "../../opentelemetry/observe_log.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { Wal } from "../../wal.ts";
import { assert, assertEquals } from "../kit/assert.ts";
import { test } from "../kit/register.ts";
import { type Scrape, ScrapedMeter } from "../kit/scraped_meter.ts";

const read = (path: string) =>
  readFileSync(new URL(`../../docs/${path}`, import.meta.url), "utf8");

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource?: { readonly uid: string };
  readonly gridPos: Readonly<Record<"x" | "y" | "w" | "h", number>>;
  readonly targets?: readonly {
    readonly refId: string;
    readonly expr: string;
    readonly datasource: { readonly uid: string };
  }[];
}

const dashboard = JSON.parse(read("grafana/syncline.json"));
const panels: readonly Panel[] = dashboard.panels;
const variables: readonly Record<string, string>[] = dashboard.templating.list;
const queries = [
  ...panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
  ...variables.flatMap(({ definition = "" }) => definition || []),
];

/** What Prometheus gets of a log that has flushed, inline and on a thread. */
async function scrapeLog(): Promise<Scrape> {
  const wal = await Wal.open(new MemoryStorage(), { flushing: "thread" });
  const meters = new ScrapedMeter();
  observeLog(wal, { name: "orders", meter: meters.meter });
  await wal.append("makes a segment, which no thread does");
  await wal.append("a");
  const scrape = await meters.scrape();
  await wal.close();
  await meters.close();
  return scrape;
}

test("docs/opentelemetry.md lists every metric, as Prometheus shows it", async () => {
  const rows = [
    ...read("opentelemetry.md").matchAll(
      /^\| `([a-z_.]+)` +\| ([a-z -]+?) +\| (?:`(\S+)`)? +\| (.+?) +\|$/gm,
    ),
  ].map(([, metric, kind, unit = "", help]) => {
    const name = `syncline_wal_${metric.replaceAll(".", "_")}`;
    const type = kind === "up-down counter" ? "gauge" : kind;
    return [
      kind === "counter" ? `${name}_total` : name,
      { help, unit, type },
    ] as const;
  });
  const { metadata } = await scrapeLog();
  const shown = [...metadata].filter(([name]) => name !== "target_info");
  const sorted = (entries: readonly (readonly [string, object])[]) =>
    entries.toSorted(([a], [b]) => a < b ? -1 : 1);
  assertEquals(sorted(rows), sorted(shown));
});

test("the dashboard asks for metrics and labels that there are", async () => {
  const { samples } = await scrapeLog();
  const added = ["instance", "le"];
  let selectors = 0;
  for (const query of queries) {
    const found = query.matchAll(/\b(\w+)\{([^}]*)\}|label_values\((\w+),/g);
    for (const [, selected, matchers = "", listed] of found) {
      const name = selected ?? listed;
      selectors++;
      const series = samples.filter((sample) => sample.name === name);
      assert(series.length > 0, `${name} in ${query}`);
      for (const [, label, text] of matchers.matchAll(/(\w+)=~?"([^"]*)"/g)) {
        const isThere = added.includes(label) ||
          series.some(({ labels }) =>
            text.startsWith("$") ? label in labels : labels[label] === text
          );
        assert(isThere, `${label} in ${query}`);
      }
    }
    const grouped = [...query.matchAll(/by \(([^)]*)\)|, (\w+)\)$/g)];
    const labels = grouped.flatMap(([, list, one]) =>
      (list ?? one).split(", ")
    );
    const known = samples.flatMap(({ labels }) => Object.keys(labels));
    for (const label of labels) {
      assert([...added, ...known].includes(label), `${label} in ${query}`);
    }
  }
  assert(selectors >= queries.length, `${selectors}`);
});

test("the dashboard is one that Grafana can import", () => {
  assert(dashboard.schemaVersion >= 39 && dashboard.title === "Syncline");
  const names = variables.map(({ name }) => name);
  assertEquals(names, ["datasource", "instance", "log"]);
  for (const query of queries) {
    const used = [...query.matchAll(/\$(\w+)/g)].map(([, name]) => name);
    const unknown = used.filter((name) =>
      !names.includes(name) && name !== "__rate_interval"
    );
    assertEquals(unknown, [], query);
    const depth = (open: string, close: string) =>
      query.split(open).length - query.split(close).length;
    assertEquals([depth("(", ")"), depth("{", "}")], [0, 0], query);
  }
  for (const { type, title, description, datasource, targets } of panels) {
    if (type === "row") continue;
    const sources = [datasource, ...targets!.map((each) => each.datasource)];
    assert(sources.every((each) => each?.uid === "${datasource}"), title);
    assert(description !== undefined && description.length > 0, title);
    const refs = targets!.map(({ refId }) => refId);
    assertEquals(new Set(refs).size, refs.length, title);
  }
});

test("no two panels of the dashboard have the same id or place", () => {
  assertEquals(new Set(panels.map(({ id }) => id)).size, panels.length);
  const taken = new Map<string, string>();
  for (const { title, gridPos: { x, y, w, h } } of panels) {
    assert(x >= 0 && x + w <= 24, title);
    for (let column = x; column < x + w; column++) {
      for (let line = y; line < y + h; line++) {
        const place = `${column},${line}`;
        assert(!taken.has(place), `${title} covers ${taken.get(place)}`);
        taken.set(place, title);
      }
    }
  }
});

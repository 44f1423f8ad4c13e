/**
 * What a log on object storage costs in a month, and how long its acks take, by
 * simulation: nothing is measured and nothing is sent, so neither disk nor load
 * changes a table.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { insertTables } from "../../docs/figures/tables.ts";
import { type Prices, STANDARD } from "./bill.ts";
import { drawCost } from "./plot.ts";
import { type Setting, simulateAll } from "./runs.ts";
import { costTable, latencyTable, otherTable } from "./tables.ts";

/** The document that shows the figures. */
export const DOCUMENT = "docs/object-storage.md";

/** The plot in it. */
export const PLOT = "docs/plots/object_storage_cost.svg";

/** What is simulated unless options say otherwise. */
export const DEFAULTS: Setting = {
  ...{ putMs: 30, spread: 1.6, perMiBMs: 15, window: 4, bytes: 200 },
};

/** The tables by the names of their places in the document, and the plot. */
export function makeCost(
  prices: Prices,
  setting: Setting,
): { tables: ReadonlyMap<string, string>; plot: string } {
  const months = simulateAll(setting);
  const { putMs, spread, window, bytes } = setting;
  const { put, get } = prices;
  return {
    tables: new Map([
      ["cost", costTable(months, prices)],
      ["latency", latencyTable(months)],
      ["other", otherTable(prices, window)],
    ]),
    plot: drawCost(months, prices, [
      `Independent records of ${bytes} bytes. A PUT takes ${putMs} ms ` +
      `(median, spread ${spread}); up to ${window} in flight.`,
      `1,000 PUTs cost ${put}, 1,000 GETs ${get}. Simulated; the lines of ` +
      "policies that do the same coincide.",
    ]),
  };
}

const HELP = `Usage: deno task bench:s3-cost [OPTIONS]

Prices are inputs. The defaults are those of S3 Standard in us-east-1, in USD, as
known in November 2026.

  --put N       price of 1,000 PUT or LIST requests; default ${STANDARD.put}
  --get N       price of 1,000 GET requests; default ${STANDARD.get}
  --gb N        price of a GB stored for a month; default ${STANDARD.gb}
  --out N       price of a GB fetched by readers; default ${STANDARD.out}
  --put-ms N    median ms of a PUT; default ${DEFAULTS.putMs}
  --spread N    how far it varies, as a factor; default ${DEFAULTS.spread}
  --mib-ms N    ms that each MiB takes; default ${DEFAULTS.perMiBMs}
  --window N    frames in flight at most; default ${DEFAULTS.window}
  --bytes N     bytes of a record; default ${DEFAULTS.bytes}
  --write       update ${DOCUMENT} and its plot; defaults only`;

function main(): void {
  const number = { type: "string" } as const;
  const { values } = parseArgs({
    options: {
      ...{ put: number, get: number, gb: number, out: number },
      ...{ "put-ms": number, spread: number, "mib-ms": number },
      ...{ window: number, bytes: number },
      write: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return console.log(HELP);
  const { write, ...given } = values;
  if (write) return writeFigures();
  const of = (name: keyof typeof given, usual: number) =>
    given[name] === undefined ? usual : toAmount(name, `${given[name]}`);
  const prices = {
    put: of("put", STANDARD.put),
    get: of("get", STANDARD.get),
    gb: of("gb", STANDARD.gb),
    out: of("out", STANDARD.out),
  };
  const { tables } = makeCost(prices, {
    putMs: of("put-ms", DEFAULTS.putMs),
    spread: of("spread", DEFAULTS.spread),
    perMiBMs: of("mib-ms", DEFAULTS.perMiBMs),
    window: of("window", DEFAULTS.window),
    bytes: of("bytes", DEFAULTS.bytes),
  });
  console.log(`A month of the writer (its PUTs)\n\n${tables.get("cost")}`);
  console.log(`\nLatency in ms, mean / p99\n\n${tables.get("latency")}`);
  console.log(`\nWhat else is paid for\n\n${tables.get("other")}`);
}

function toAmount(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= 0 && value < Infinity) return value;
  throw new RangeError(
    `--${name} must be a number of at least 0: received "${text}"`,
  );
}

function writeFigures(): void {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const { tables, plot } = makeCost(STANDARD, DEFAULTS);
  const document = readFileSync(`${root}/${DOCUMENT}`, "utf8");
  writeFileSync(`${root}/${DOCUMENT}`, insertTables(document, tables));
  writeFileSync(`${root}/${PLOT}`, plot);
  console.log(`${DOCUMENT}\n${PLOT}`);
}

if (import.meta.main) main();

/**
 * Makes the plots and tables of docs/policies.md from the simulator.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { drawBurst } from "./burst.ts";
import { drawCallersSweep, drawLatencySweep } from "./sweeps.ts";
import { insertTables, makeTables } from "./tables.ts";

/** The document whose figures these are. */
export const DOCUMENT = "docs/policies.md";

/**
 * Every file that is made from the simulator, by its path in the project;
 * `document` is {@linkcode DOCUMENT} as it stands. The same each time, byte for
 * byte.
 */
export function makeFigures(document: string): ReadonlyMap<string, string> {
  return new Map([
    [DOCUMENT, insertTables(document, makeTables())],
    ["docs/plots/policies_latency.svg", drawLatencySweep()],
    ["docs/plots/policies_burst.svg", drawBurst()],
    ["docs/plots/policies_callers.svg", drawCallersSweep()],
  ]);
}

if (import.meta.main) {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const document = readFileSync(`${root}/${DOCUMENT}`, "utf8");
  for (const [path, text] of makeFigures(document)) {
    writeFileSync(`${root}/${path}`, text);
    console.log(path);
  }
}

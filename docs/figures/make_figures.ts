import { drawBurst } from "./draw_burst.ts";
import { drawCallersSweep } from "./callers_sweep.ts";
import { drawLatencySweep } from "./latency_sweep.ts";
import { insertTables } from "./insert_tables.ts";
import { makeTables } from "./tables.ts";

/** The document whose figures these are. */
export const DOCUMENT = "docs/policies.md";

/**
 * Every file that the simulator has a part in, by its path in the project, as
 * it has to be; `document` is {@linkcode DOCUMENT} as it is. The same each
 * time, byte for byte.
 */
export function makeFigures(document: string): ReadonlyMap<string, string> {
  return new Map([
    [DOCUMENT, insertTables(document, makeTables())],
    ["docs/plots/policies_latency.svg", drawLatencySweep()],
    ["docs/plots/policies_burst.svg", drawBurst()],
    ["docs/plots/policies_callers.svg", drawCallersSweep()],
  ]);
}

/**
 * Makes the plots and tables of docs/policies.md from the simulator.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { DOCUMENT, makeFigures } from "./make_figures.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const document = readFileSync(`${root}/${DOCUMENT}`, "utf8");
for (const [path, text] of makeFigures(document)) {
  writeFileSync(`${root}/${path}`, text);
  console.log(path);
}

/**
 * Builds `docs/playground/index.html`.
 *
 * @module
 */
import { stop } from "esbuild";
import { mkdir, writeFile } from "node:fs/promises";
import { buildPage } from "./build_page.ts";

const folder = new URL("../docs/playground/", import.meta.url);
await mkdir(folder, { recursive: true });
const page = await buildPage();
await stop();
await writeFile(new URL("index.html", folder), page);
console.log(`docs/playground/index.html: ${page.length} characters`);

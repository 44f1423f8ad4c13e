/**
 * Builds the site: `deno run -A docs/site/main.ts [FOLDER]`.
 *
 * @module
 */
import { join } from "node:path";
import { buildSite } from "./build_site.ts";
import { root } from "./document.ts";

const folder = Deno.args[0] ?? join(root, ".build/docs");
try {
  await buildSite(folder);
  console.log(join(folder, "index.html"));
} catch (error) {
  console.error((error as Error).message);
  Deno.exit(1);
}

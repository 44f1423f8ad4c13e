/**
 * Builds the site: `deno run -A docs/site/main.ts [FOLDER]`.
 *
 * @module
 */
import { join } from "node:path";
import { buildSite } from "./build_site.ts";
import { root } from "./document.ts";
import { REPOSITORY } from "./links.ts";

const folder = Deno.args[0] ?? join(root, ".build/docs");
try {
  const external = await buildSite(folder);
  const others = external.filter((link) => !link.startsWith(REPOSITORY));
  console.log(`Links to other sites, which are not tried:`);
  for (const link of others) console.log(`  ${link}`);
  console.log(join(folder, "index.html"));
} catch (error) {
  console.error((error as Error).message);
  Deno.exit(1);
}

/**
 * Says what to run first in a clone that has no packages yet.
 *
 * @module
 */

import { existsSync } from "node:fs";

const list = new URL(
  "../../node_modules/.package-lock.json",
  import.meta.url,
);
if (!existsSync(list)) {
  console.error("The packages of the tests are not there yet: run `npm ci`");
  Deno.exit(1);
}

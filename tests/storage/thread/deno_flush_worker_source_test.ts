import { stop } from "esbuild";
import { readFile } from "node:fs/promises";
import { FLUSH_WORKER } from "../../../storage/thread/flush_worker_source.ts";
import { assert, assertEquals } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";
import { buildFlushWorker } from "../../package/build_flush_worker.ts";

const committed = await readFile(
  new URL("../../../storage/thread/flush_worker_source.ts", import.meta.url),
  "utf8",
);
const built = await buildFlushWorker();
await stop();

test("storage/thread/flush_worker_source.ts is what its sources build", () => {
  assert(built === committed, "run `deno task thread`, and commit the file");
});

test("what a flush thread runs is one small script that loads nothing", () => {
  const loads = /\bimport\b|\brequire\(|\bexport\b|[^\s!-~]/g;
  assertEquals([...FLUSH_WORKER.matchAll(loads)].map(String), []);
  assert(FLUSH_WORKER.length < 24_000, `${FLUSH_WORKER.length} characters`);
});

/**
 * A server of the Durable Streams protocol, on Deno, Node and Bun.
 *
 * Usage: main.ts DIRECTORY [PORT]
 *
 * @module
 */

import process from "node:process";
import { makeApp } from "./app.ts";
import { serve } from "./serve.ts";
import { StreamStore } from "./stream_store.ts";

const [directory = "streams", port = "4437", longPollMs = "30000"] = process
  .argv.slice(2);
const store = await StreamStore.open(directory);
const app = makeApp(store, { longPollMs: Number(longPollMs) });
const server = await serve(app, Number(port));
console.log(`listening on http://127.0.0.1:${server.port}`);

const upkeep = setInterval(async () => {
  try {
    await store.expire();
    await store.reclaim();
  } catch (error) {
    console.error(error);
  }
}, 60_000);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, async () => {
    clearInterval(upkeep);
    await store.close();
    await server.close();
    process.exit(0);
  });
}

/**
 * A server of the Redis protocol. Its append-only file is a log of Syncline.
 * The only argument is its directory and its port, as JSON.
 *
 * @module
 */

import process from "node:process";
import { serve } from "./server.ts";
import { Store } from "./store.ts";

const { directory, port } = JSON.parse(process.argv[2]);
const store = await Store.open(directory);
const server = serve(store, (cause) => {
  // Clients may have seen what is in memory and not on disk. A new process
  // begins with what is on disk.
  console.error(cause);
  process.exit(1);
});
server.listen(port, "127.0.0.1");
process.once("SIGTERM", async () => {
  await store.close();
  process.exit(0);
});

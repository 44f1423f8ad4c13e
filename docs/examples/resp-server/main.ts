/**
 * A Redis-protocol server whose append-only file is a log of Syncline. Its
 * arguments are the log's directory, and the port; 0 chooses one.
 *
 * @module
 */

import type { AddressInfo } from "node:net";
import process from "node:process";
import { LogClosedError, NodeStorage } from "@syncline/wal";
import { serve } from "./server.ts";
import { Store } from "./store.ts";

const [directory = "resp-data", port = "6379"] = process.argv.slice(2);

// The server waits for the sync in any case, and on another thread it takes
// longer. What arrives in the meantime shares the next one.
const storage = new NodeStorage(directory, { io: "blocking" });
const store = await Store.open(storage);
const server = serve(store, (cause) => {
  if (cause instanceof LogClosedError) return;
  // Clients may have seen what is in memory and not on disk. A new process
  // begins with what is on disk.
  console.error(cause);
  process.exit(1);
});
server.listen(Number(port), "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  console.log(`${directory}: serving ${store.size} keys on port ${port}`);
});
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, async () => {
    await store.close();
    process.exit(0);
  });
}

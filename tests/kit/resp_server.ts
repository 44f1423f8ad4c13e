import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { serve } from "../../docs/examples/resp-server/server.ts";
import {
  Store,
  type StoreOptions,
} from "../../docs/examples/resp-server/store.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { RespClient } from "./resp_client.ts";

/** A clock that stands still until it is set. */
export interface SetClock {
  ms: number;
}

/** How the example is served. */
export interface ServedOptions extends Omit<StoreOptions, "now"> {
  /** The log's directory. An empty one by default. */
  readonly storage?: MemoryStorage;
  /** The wall clock. */
  readonly clock?: SetClock;
}

/** Serves the example, with a client, while `use` runs; then closes both. */
export async function withRespServer(
  use: (client: RespClient, store: Store, port: number) => Promise<void>,
  options: ServedOptions = {},
): Promise<void> {
  const { storage = new MemoryStorage(), clock, ...rest } = options;
  const now = clock && (() => clock.ms);
  const store = await Store.open(storage, { ...rest, ...now && { now } });
  const failures: unknown[] = [];
  const server = serve(store, (cause) => failures.push(cause));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const client = await RespClient.connect(port);
  try {
    await use(client, store, port);
  } finally {
    await client.close();
    server.close();
    await once(server, "close");
    await store.close();
  }
  if (failures.length > 0) throw failures[0];
}

/** Asks one server after another, on the same log: each is restarted. */
export async function acrossRestarts(
  asked: readonly ((client: RespClient) => Promise<void>)[],
  options: ServedOptions = {},
): Promise<void> {
  const storage = options.storage ?? new MemoryStorage();
  for (const ask of asked) await withRespServer(ask, { ...options, storage });
}

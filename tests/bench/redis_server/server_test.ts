import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { versionOf } from "../../../bench/packages.ts";
import { serve } from "../../../bench/redis_server/server.ts";
import type { Store } from "../../../bench/redis_server/store.ts";
import { assertEquals } from "../../kit/assert.ts";
import { test as register } from "../../kit/register.ts";

/** The server needs a package that `deno task bench:install` installs. */
function test(name: string, body: () => Promise<void>): void {
  const isReady = versionOf("redis-parser") !== "not installed";
  if (isReady) register(name, body);
  else console.log(`skipped: ${name}: redis-parser is not installed`);
}

/** A store that keeps nothing; the test decides when it has settled. */
class SlowStore {
  readonly syncs: { resolve(): void; reject(error: Error): void }[] = [];
  readonly #asked: (() => void)[] = [];

  get(key: string): string {
    throw new RangeError(`no ${key}`);
  }

  set(): void {}

  settled(): Promise<void> {
    const settled = new Promise<void>((resolve, reject) =>
      this.syncs.push({ resolve, reject })
    );
    for (const resolve of this.#asked.splice(0)) resolve();
    return settled;
  }

  /** Resolves once `count` turns have asked for a sync. */
  async asked(count: number): Promise<void> {
    while (this.syncs.length < count) {
      await new Promise<void>((resolve) => this.#asked.push(resolve));
    }
  }
}

interface Served {
  readonly store: SlowStore;
  readonly failures: unknown[];
  readonly socket: Socket;
  /** All replies so far. */
  heard(): string;
}

async function served(use: (served: Served) => Promise<void>): Promise<void> {
  const store = new SlowStore();
  const failures: unknown[] = [];
  const server = serve(
    store as unknown as Store,
    (cause) => failures.push(cause),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  let heard = "";
  socket.on("data", (data) => heard += data);
  await once(socket, "connect");
  await use({ store, failures, socket, heard: () => heard });
  socket.destroy();
  server.close();
  await once(server, "close");
}

const SET = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n";
const PING = "*1\r\n$4\r\nPING\r\n";

test("serve() replies once the turn is on disk, to all requests at once", () =>
  served(async ({ store, socket, heard }) => {
    socket.write(SET + PING + SET);
    await store.asked(1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    assertEquals([heard(), store.syncs.length], ["", 1]);
    store.syncs[0].resolve();
    await once(socket, "data");
    assertEquals(heard(), "+OK\r\n+PONG\r\n+OK\r\n");
  }));

test("serve() replies in order, even if a later turn settles first", () =>
  served(async ({ store, socket, heard }) => {
    socket.write(SET);
    await store.asked(1);
    socket.write(PING);
    await store.asked(2);
    store.syncs[1].resolve();
    await new Promise((resolve) => setTimeout(resolve, 20));
    assertEquals(heard(), "");
    store.syncs[0].resolve();
    while (heard().length < 12) await once(socket, "data");
    assertEquals(heard(), "+OK\r\n+PONG\r\n");
  }));

test("serve() understands a request that arrives byte by byte", () =>
  served(async ({ store, socket, heard }) => {
    for (const byte of SET) {
      socket.write(byte);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await store.asked(1);
    store.syncs[0].resolve();
    await once(socket, "data");
    assertEquals(heard(), "+OK\r\n");
  }));

test("serve() hangs up on what is no request, and replies nothing", () =>
  served(async ({ socket, heard }) => {
    socket.write("GET / HTTP/1.1\r\n\r\n");
    await once(socket, "close");
    assertEquals(heard(), "");
  }));

test("serve() tells of a failed log, and replies nothing from then on", () =>
  served(async ({ store, failures, socket, heard }) => {
    socket.write(SET);
    await store.asked(1);
    socket.write(PING);
    await store.asked(2);
    const failure = new Error("no disk");
    store.syncs[0].reject(failure);
    store.syncs[1].resolve();
    await new Promise((resolve) => setTimeout(resolve, 20));
    assertEquals([failures[0], heard()], [failure, ""]);
  }));

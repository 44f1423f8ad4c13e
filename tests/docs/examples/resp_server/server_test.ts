import type { Buffer } from "node:buffer";
import { once } from "node:events";
import { Duplex } from "node:stream";
import { serve } from "../../../bench/redis_server/server.ts";
import type { Store } from "../../../bench/redis_server/store.ts";
import { assertEquals } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

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

/** What the server holds of a connection; needs no network. */
class FakeSocket extends Duplex {
  /** All replies so far. */
  heard = "";

  override _read(): void {}

  override _write(data: Buffer, _encoding: string, done: () => void): void {
    this.heard += data;
    this.emit("reply");
    done();
  }
}

interface Served {
  readonly store: SlowStore;
  readonly failures: unknown[];
  readonly socket: FakeSocket;
}

async function served(use: (served: Served) => Promise<void>): Promise<void> {
  const store = new SlowStore();
  const failures: unknown[] = [];
  const server = serve(
    store as unknown as Store,
    (cause) => failures.push(cause),
  );
  const socket = new FakeSocket();
  server.emit("connection", socket);
  await use({ store, failures, socket });
  socket.destroy();
}

const SET = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n";
const PING = "*1\r\n$4\r\nPING\r\n";

test("serve() replies once the turn is on disk, to all requests at once", () =>
  served(async ({ store, socket }) => {
    socket.push(SET + PING + SET);
    await store.asked(1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    assertEquals([socket.heard, store.syncs.length], ["", 1]);
    store.syncs[0].resolve();
    await once(socket, "reply");
    assertEquals(socket.heard, "+OK\r\n+PONG\r\n+OK\r\n");
  }));

test("serve() replies in order, even if a later turn settles first", () =>
  served(async ({ store, socket }) => {
    socket.push(SET);
    await store.asked(1);
    socket.push(PING);
    await store.asked(2);
    store.syncs[1].resolve();
    await new Promise((resolve) => setTimeout(resolve, 20));
    assertEquals(socket.heard, "");
    store.syncs[0].resolve();
    while (socket.heard.length < 12) await once(socket, "reply");
    assertEquals(socket.heard, "+OK\r\n+PONG\r\n");
  }));

test("serve() understands a request that arrives byte by byte", () =>
  served(async ({ store, socket }) => {
    for (const byte of SET) {
      socket.push(byte);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await store.asked(1);
    store.syncs[0].resolve();
    await once(socket, "reply");
    assertEquals(socket.heard, "+OK\r\n");
  }));

test("serve() hangs up on what is no request, and replies nothing", () =>
  served(async ({ socket }) => {
    socket.push("GET / HTTP/1.1\r\n\r\n");
    await once(socket, "close");
    assertEquals(socket.heard, "");
  }));

test("serve() tells of a failed log, and replies nothing from then on", () =>
  served(async ({ store, failures, socket }) => {
    socket.push(SET);
    await store.asked(1);
    socket.push(PING);
    await store.asked(2);
    const failure = new Error("no disk");
    store.syncs[0].reject(failure);
    store.syncs[1].resolve();
    await new Promise((resolve) => setTimeout(resolve, 20));
    assertEquals([failures[0], socket.heard], [failure, ""]);
  }));

import { Buffer } from "node:buffer";
import { once } from "node:events";
import { Duplex } from "node:stream";
import { serve } from "../../../../docs/examples/resp-server/server.ts";
import type { Store } from "../../../../docs/examples/resp-server/store.ts";
import { RecordTooLargeError } from "../../../../writer/record.ts";
import { assertEquals } from "../../../kit/assert.ts";
import { test } from "../../../kit/register.ts";

/** A store that keeps nothing; the test decides when it has settled. */
class SlowStore {
  readonly syncs: { resolve(): void; reject(error: Error): void }[] = [];
  readonly #asked: (() => void)[] = [];
  /** What `set` throws. */
  refusal: Error | undefined;

  get(key: string): string {
    throw new RangeError(`no ${key}`);
  }

  set(): void {
    if (this.refusal) throw this.refusal;
  }

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

test("serve() hangs up on what is not a request, after earlier replies", async () => {
  const wrong = ["GET / HTTP/1.1", ":5", "+OK", "-no", "*0", "*-1", "$1\r\nx"];
  const nested = [
    "*1\r\n:5",
    "*1\r\n*1\r\n$1\r\nx",
    "*1\r\n$-1",
    "*9999999999",
  ];
  for (const bytes of [...wrong, ...nested]) {
    await served(async ({ store, socket }) => {
      socket.push(`${PING}${bytes}\r\n${SET}`);
      await store.asked(1);
      store.syncs[0].resolve();
      await once(socket, "finish");
      const expected = "+PONG\r\n-ERR Protocol error\r\n";
      assertEquals([bytes, socket.heard], [bytes, expected]);
    });
  }
});

test("serve() hangs up on a request of more than 64 MiB, before it ends", () =>
  served(async ({ store, socket }) => {
    const mebibyte = Buffer.alloc(2 ** 20);
    socket.push("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$999999999\r\n");
    for (let count = 0; count < 64; count++) socket.push(mebibyte);
    await store.asked(1);
    store.syncs[0].resolve();
    await once(socket, "finish");
    assertEquals(socket.heard, "-ERR Protocol error\r\n");
  }));

test("serve() goes on if the log refuses a record", () =>
  served(async ({ store, failures, socket }) => {
    store.refusal = new RecordTooLargeError(2, 1);
    socket.push(SET + PING);
    await store.asked(1);
    store.syncs[0].resolve();
    await once(socket, "reply");
    const { message } = store.refusal;
    assertEquals(socket.heard, `-ERR ${message}\r\n+PONG\r\n`);
    assertEquals(failures, []);
  }));

test("serve() reports a failed log, and replies nothing from then on", () =>
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

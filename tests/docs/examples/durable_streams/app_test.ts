/*
 * What the published suite does not ask: limits, and that no byte of a message
 * is changed.
 */
import { makeApp } from "../../../../docs/examples/durable-streams/app.ts";
import { StreamStore } from "../../../../docs/examples/durable-streams/stream_store.ts";
import { MemoryStorage } from "../../../../storage/mod.ts";
import { assert, assertEquals } from "../../../kit/assert.ts";
import { test } from "../../../kit/register.ts";
import { slowSyncs } from "../../../kit/slow_syncs.ts";

const JSON_TYPE = { "Content-Type": "application/json" };
const URL_A = "http://localhost/v1/stream/a";

async function withApp(
  use: (ask: typeof fetch, store: StreamStore) => Promise<void>,
): Promise<void> {
  const options = { wal: { warn() {} }, maxBodyBytes: 100, maxReadBytes: 50 };
  await using store = await StreamStore.open(new MemoryStorage(), options);
  const app = makeApp(store, { longPollMs: 20 });
  const ask = async (input: RequestInfo | URL, init?: RequestInit) =>
    await app.fetch(new Request(input, init));
  await use(ask, store);
}

test("numbers and keys of JSON come back as they were sent", async () => {
  await withApp(async (ask) => {
    await ask(URL_A, { method: "PUT", headers: JSON_TYPE });
    for (const body of ['{"a":1.0,"a":12345678901234567890}', "[1e2, -0]"]) {
      const init = { method: "POST", headers: JSON_TYPE, body };
      assertEquals((await ask(URL_A, init)).status, 204);
    }
    const text = await (await ask(URL_A)).text();
    assertEquals(text, '[{"a":1.0,"a":12345678901234567890},1e2, -0]');
  });
});

test("a body is refused if it is too long, however it is sent", async () => {
  await withApp(async (ask) => {
    await ask(URL_A, { method: "PUT" });
    const headers = { "Content-Type": "application/octet-stream" };
    const post = (body: BodyInit, more: object = {}, options: object = {}) =>
      ask(URL_A, {
        ...{ method: "POST", headers: { ...headers, ...more }, body },
        ...options,
      });
    const long = new Uint8Array(101);
    assertEquals((await post(long, { "Content-Length": "101" })).status, 413);
    assertEquals((await post(long)).status, 413);
    const pull = () => Promise.reject(new Error("the connection is gone"));
    const half = new ReadableStream({ pull });
    assertEquals((await post(half, {}, { duplex: "half" })).status, 400);
    assertEquals((await post(long.subarray(1))).status, 204);
  });
});

test("a read that returns a part says where to go on", async () => {
  await withApp(async (ask) => {
    await ask(URL_A, { method: "PUT", headers: JSON_TYPE });
    const body = `"${".".repeat(38)}"`;
    const init = { method: "POST", headers: JSON_TYPE, body };
    for (let i = 0; i < 3; i++) await ask(URL_A, init);
    const first = await ask(URL_A);
    assertEquals((await first.json() as unknown[]).length, 2);
    assertEquals(first.headers.get("Stream-Up-To-Date"), null);
    const offset = first.headers.get("Stream-Next-Offset");
    const second = await ask(`${URL_A}?offset=${offset}`);
    assertEquals((await second.json() as unknown[]).length, 1);
    assertEquals(second.headers.get("Stream-Up-To-Date"), "true");
  });
});

test("events end when the store closes, and when the stream is deleted", async () => {
  await withApp(async (ask, store) => {
    const url = `${URL_A}?offset=-1&live=sse`;
    const ends: Promise<string>[] = [];
    for (
      const end of [() => store.delete("/v1/stream/a"), () => store.close()]
    ) {
      const headers = { "Content-Type": "text/plain" };
      await ask(URL_A, { method: "PUT", headers, body: "x" });
      ends.push((await ask(url)).text());
      await end();
    }
    for (const text of await Promise.all(ends)) {
      assert(text.startsWith("event: data\ndata:x\n\n"), text);
    }
  });
});

test("a long poll learns of a deletion once that is on disk", async () => {
  const { storage, slow, release } = slowSyncs();
  await using store = await StreamStore.open(storage, { wal: { warn() {} } });
  const app = makeApp(store, { longPollMs: 5 });
  await app.request(URL_A, { method: "PUT" });
  const poll = app.request(`${URL_A}?offset=now&live=long-poll`);
  slow(true);
  const deleted = app.request(URL_A, { method: "DELETE" });
  const late = new Promise((resolve) => setTimeout(resolve, 30, "waits"));
  assertEquals(await Promise.race([poll, late]), "waits");
  slow(false);
  release();
  assertEquals((await deleted).status, 204);
  assertEquals((await poll).status, 404);
});

test("a stream is closed whatever the case of the header's value", async () => {
  await withApp(async (ask) => {
    await ask(URL_A, { method: "PUT" });
    const headers = { "Stream-Closed": "True" };
    await ask(URL_A, { method: "POST", headers });
    const { headers: found } = await ask(URL_A, { method: "HEAD" });
    assertEquals(found.get("Stream-Closed"), "true");
  });
});

test("a fork is found again by the same request, and has the bytes of its source", async () => {
  await withApp(async (ask) => {
    const source = "http://localhost/v1/stream/a%20b";
    const body = '[{"a,]":1.0}, "\\",\\\\", [2,3], 4]';
    const headers = { ...JSON_TYPE, "Stream-TTL": "60" };
    await ask(source, { method: "PUT", headers, body });
    const fork = {
      "Stream-Forked-From": "/v1/stream/a%20b",
      "Stream-Fork-Offset": "0000000000000000_0000000000000000",
      "Stream-Fork-Sub-Offset": "3",
    };
    const statuses: number[] = [];
    for (let i = 0; i < 2; i++) {
      const { status } = await ask(URL_A, { method: "PUT", headers: fork });
      statuses.push(status);
    }
    assertEquals(statuses, [201, 200]);
    const text = await (await ask(URL_A)).text();
    assertEquals(text, '[{"a,]":1.0}, "\\",\\\\", [2,3]]');
  });
});

test("events have the spaces of a message", async () => {
  await withApp(async (ask) => {
    const headers = { "Content-Type": "text/plain", "Stream-Closed": "true" };
    await ask(URL_A, { method: "PUT", headers, body: "\n  a\r b\r\n\nc" });
    const events = await (await ask(`${URL_A}?offset=-1&live=sse`)).text();
    const [data] = events.split("\n\n");
    // One space after a colon is not of the line.
    const lines = data.split("\n").slice(1)
      .map((line) => line.replace(/^data: ?/, ""));
    assertEquals(lines, ["", "  a", " b", "", "c"]);
  });
});

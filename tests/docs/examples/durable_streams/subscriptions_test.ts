/*
 * What the published suite does not ask about subscriptions: requests and
 * webhooks that mean harm.
 */
import { makeApp } from "../../../../docs/examples/durable-streams/app.ts";
import { StreamStore } from "../../../../docs/examples/durable-streams/stream_store.ts";
import { trim } from "../../../../docs/examples/durable-streams/subscriptions/subscription.ts";
import { MemoryStorage } from "../../../../storage/mod.ts";
import { assertEquals, assertLess } from "../../../kit/assert.ts";
import { test } from "../../../kit/register.ts";

const ROOT = "http://localhost/v1/stream";
const ONE = `${ROOT}/__ds/subscriptions/one`;

/** Asks with JSON; with a token if there is one. */
async function withApp(
  use: (
    ask: (
      method: string,
      url: string,
      body?: unknown,
      token?: string,
    ) => Promise<Response>,
  ) => Promise<void>,
): Promise<void> {
  const options = { wal: { warn() {} }, maxBodyBytes: 1000 };
  await using store = await StreamStore.open(new MemoryStorage(), options);
  const app = makeApp(store);
  await use(async (method, url, body, token) => {
    const headers = {
      "Content-Type": "application/json",
      ...token !== undefined && { Authorization: `Bearer ${token}` },
    };
    return await app.request(url, {
      ...{ method, headers },
      ...body !== undefined && { body: JSON.stringify(body) },
    });
  });
}

test("a subscription is refused if it is too long", async () => {
  await withApp(async (ask) => {
    const streams = Array.from({ length: 500 }, (_, i) => `${i}`);
    const body = { type: "pull-wake", wake_stream: "wake", streams };
    assertEquals((await ask("PUT", ONE, body)).status, 413);
  });
});

test("a report that is not of the protocol is refused, whatever it holds", async () => {
  await withApp(async (ask) => {
    for (const name of ["a", "wake"]) await ask("PUT", `${ROOT}/${name}`);
    const streams = ["a"];
    await ask("PUT", ONE, { type: "pull-wake", wake_stream: "wake", streams });
    await ask("POST", `${ROOT}/a`, 1);
    const claim = await ask("POST", `${ONE}/claim`, { worker: "w" });
    const { token, wake_id, generation } = await claim.json();
    for (const acks of [1, "x", {}, [null], [1], [{ stream: 1, offset: 1 }]]) {
      const report = { wake_id, generation, acks };
      const { status } = await ask("POST", `${ONE}/ack`, report, token);
      assertEquals(status, Array.isArray(acks) ? 409 : 400);
    }
  });
});

test("a webhook leads nowhere else, and little of its answer is read", async () => {
  const { fetch } = globalThis;
  let taken = 0;
  const asked = new Promise<RequestInit | undefined>((resolve) => {
    globalThis.fetch = (_, init) => {
      const pull = (controller: ReadableStreamDefaultController) => {
        controller.enqueue(new Uint8Array(10_000));
        if (++taken < 100) return;
        controller.close();
        resolve(init);
      };
      const cancel = () => resolve(init);
      return Promise.resolve(
        new Response(new ReadableStream({ pull, cancel })),
      );
    };
  });
  try {
    await withApp(async (ask) => {
      await ask("PUT", `${ROOT}/a`);
      const webhook = { url: "https://example.com/hook" };
      await ask("PUT", ONE, { type: "webhook", webhook, streams: ["a"] });
      await ask("POST", `${ROOT}/a`, 1);
      assertEquals((await asked)?.redirect, "manual");
      assertLess(taken, 20);
    });
  } finally {
    globalThis.fetch = fetch;
  }
});

test("a webhook with an address of a private network is refused", async () => {
  await withApp(async (ask) => {
    const statuses: Record<string, number> = {};
    for (
      const url of [
        ...["https://10.0.0.1", "https://192.168.1.1", "https://172.31.0.1"],
        ...["https://169.254.169.254/x", "https://100.64.0.1", "https://0"],
        ...["https://0x7f.1", "https://2130706433", "https://127.0.0.1."],
        ...["https://[::1]", "https://localhost", "https://LOCALHOST."],
        ...["https://a.localhost", "http://example.com", "file:///x", "x"],
      ]
    ) {
      const body = { type: "webhook", webhook: { url }, streams: ["a"] };
      statuses[url] = (await ask("PUT", ONE, body)).status;
    }
    const accepted = Object.entries(statuses)
      .filter(([, status]) => status !== 400);
    assertEquals(accepted, []);
  });
});

test("trim() takes as long as the path is", () => {
  const path = `a${"/".repeat(300_000)}b`;
  assertEquals(trim(`//${path}/`), path);
});

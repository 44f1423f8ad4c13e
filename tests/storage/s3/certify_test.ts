import {
  CERTIFIED_RULES,
  certify,
  monthlyFlushPrice,
} from "../../../storage/s3/certify.ts";
import { MemoryObjectStore } from "../../../storage/s3/memory_object_store.ts";
import { ObjectStoreError } from "../../../storage/s3/object_store.ts";
import { S3Store } from "../../../storage/s3/s3_store.ts";
import { VirtualClock } from "../../../testing/virtual_clock.ts";
import { assert, assertEquals, assertRejects } from "../../kit/assert.ts";
import {
  BUCKET,
  CREDENTIALS,
  withObjectServer,
} from "../../kit/object_server.ts";
import { test } from "../../kit/register.ts";
import { brokenObjectStores } from "./broken_object_stores.ts";

const few = { keys: 20, flushes: 0 } as const;

test("certify() finds nothing in a sound store, and leaves nothing there", async () => {
  const store = new MemoryObjectStore();
  const seen: string[] = [];
  const found = await certify(store, {
    ...{ others: [store], keys: 50, flushes: 100 },
    onRule: ({ rule }) => seen.push(rule),
  });
  assertEquals(found.isFit, true);
  assertEquals(found.rules, CERTIFIED_RULES.map((rule) => ({ rule })));
  assertEquals(seen, [...CERTIFIED_RULES]);
  assertEquals(
    found.flushes.map(({ bytes, count }) => [bytes, count]),
    [[1024, 100], [65_536, 100], [1_048_576, 100]],
  );
  for (const { p50Ms, p99Ms } of found.flushes) assert(p50Ms <= p99Ms!);
  assertEquals([found.leftovers, (await store.list()).objects], [
    undefined,
    [],
  ]);
});

for (const { how, rule, finding, make } of brokenObjectStores) {
  test(`certify() finds a store that ${how}`, async () => {
    const { isFit, rules } = await certify(make(), few);
    const broken = rules.filter((report) => report.finding !== undefined);
    assertEquals(broken.map((report) => report.rule), [rule]);
    assert(broken[0].finding!.includes(finding), broken[0].finding);
    assertEquals(isFit, false);
  });
}

test("certify() has no rule that finds nothing", () => {
  const found = new Set(brokenObjectStores.map(({ rule }) => rule));
  assertEquals(CERTIFIED_RULES.filter((rule) => !found.has(rule)), []);
});

test("certify() refuses a server that ignores If-None-Match, by name", () =>
  withObjectServer({ ignoresConditions: true }, async (endpoint) => {
    const store = await S3Store.open(`s3://${BUCKET}/p`, {
      ...{ endpoint, region: "test-region", credentials: CREDENTIALS },
    });
    const { isFit, rules } = await certify(store, {
      ...few,
      rules: ["if-none-match", "one-winner", "ids"],
    });
    assertEquals(isFit, false);
    assertEquals(rules.map(({ finding }) => finding), [
      "If-None-Match is ignored: a second create of a key succeeded",
      "If-None-Match is ignored: 8 of 8 racers won",
      undefined,
    ]);
    assertEquals((await store.list()).objects, []);
  }));

test("certify() does not judge a store that it cannot ask", async () => {
  const failures = [
    ...[0, 301, 307, 403, 404, 502, 503, 504].map((status) =>
      [status, "some"] as const
    ),
    ...[[400, "ExpiredToken"], [400, "AuthorizationHeaderMalformed"]] as const,
  ];
  for (const [status, code] of failures) {
    const retry = { deadlineMs: 1 };
    for (const isLater of [false, true]) {
      let calls = 0;
      const store = new MemoryObjectStore({
        onCall: () =>
          calls++ >= (isLater ? 3 : 0)
            ? { error: { status, code } }
            : undefined,
      });
      const call = () => certify(store, { ...few, retry });
      const error = await assertRejects(call);
      const cause = (error as Error).cause ?? error;
      assert(cause instanceof ObjectStoreError, `${error}`);
      assertEquals(cause.status, status);
    }
  }
});

test("certify() removes what it created when its signal comes", async () => {
  for (let after = 1; after < 130; after++) {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const reason = new Error("enough");
    let calls = 0;
    const store = new MemoryObjectStore({
      onCall({ operation }) {
        if (++calls !== after) return;
        controller.abort(reason);
        // It arrives though nobody waits for it any longer.
        if (operation !== "create") return;
        return {
          after: new Promise<void>((resolve) => clock.after(500, resolve)),
        };
      },
    });
    const { signal } = controller;
    const call = certify(store, {
      ...{ keys: 1, racers: 2, flushes: 1, signal, retry: { clock } },
    }).catch((error) => error);
    assert(await clock.run(call) === reason, `at call ${after}`);
    await clock.run(
      new Promise<void>((resolve) => clock.after(5000, resolve)),
    );
    assertEquals((await store.list()).objects, [], `at call ${after}`);
  }
});

test("certify() lets no call outlive it", async () => {
  for (const rule of ["one-winner", "idempotent-retries"] as const) {
    const clock = new VirtualClock();
    let creates = 0;
    const tries = new Map<string, number>();
    let refused = "";
    const store = new MemoryObjectStore({
      onCall({ operation, id = "" }) {
        // One is refused at once, while the others are tried again.
        if (operation !== "create") return;
        creates++;
        const nth = (tries.get(id) ?? 0) + 1;
        tries.set(id, nth);
        refused ||= id;
        const status = rule === "one-winner"
          ? (id === refused ? 403 : nth < 4 ? 503 : 0)
          : nth === 2
          ? 503
          : nth === 3
          ? 403
          : 0;
        if (status > 0) return { error: { status, code: "some" } };
      },
    });
    const call = certify(store, {
      ...{ ...few, rules: [rule], retry: { clock, random: () => 0.9 } },
    }).catch((error) => error);
    await clock.run(call);
    const made = creates;
    await clock.run(
      new Promise<void>((resolve) => clock.after(60_000, resolve)),
    );
    assertEquals([creates, (await store.list()).objects], [made, []], rule);
  }
});

test("certify() does not wait forever for a way that never answers", async () => {
  const clock = new VirtualClock();
  const store = new MemoryObjectStore();
  const stuck = new MemoryObjectStore({
    onCall: () => ({ after: new Promise(() => {}) }),
  });
  const error = await clock.run(
    certify(store, {
      ...{ ...few, others: [stuck], rules: ["one-winner"], retry: { clock } },
    }).catch((error) => error),
  );
  assertEquals((error.cause ?? error).code, "TimeoutError");
  assertEquals((await store.list()).objects, []);
});

test("certify() soon gives up a store that is down when its signal comes", async () => {
  const clock = new VirtualClock();
  const controller = new AbortController();
  const store = new MemoryObjectStore({
    onCall: () =>
      clock.now() < 100
        ? { after: new Promise<void>((resolve) => clock.after(10, resolve)) }
        : { after: new Promise(() => {}) },
  });
  clock.after(2000, () => controller.abort("SIGINT"));
  const isLeft: string[] = [];
  const error = await clock.run(
    certify(store, {
      ...{ ...few, signal: controller.signal, retry: { clock } },
      onLeftovers: (prefix) => isLeft.push(prefix),
    }).catch((error) => error),
  );
  assertEquals([error, isLeft.length], ["SIGINT", 1]);
  assert(clock.now() <= 10_000, `${clock.now()}`);
});

test("certify() says what it could not remove when it fails", async () => {
  const isLeft: string[] = [];
  const store = new MemoryObjectStore({
    onCall: ({ operation }) =>
      operation === "remove"
        ? { error: { status: 403, code: "AccessDenied" } }
        : undefined,
  });
  const error = await assertRejects(() =>
    certify(store, { ...few, onLeftovers: (prefix) => isLeft.push(prefix) })
  );
  assertEquals((error as ObjectStoreError).status, 403);
  const { objects } = await store.list();
  assert(objects.length > 0);
  assertEquals(isLeft.length, 1);
  assert(objects.every(({ key }) => key.startsWith(isLeft[0])));
});

test("certify() says what it could not remove", async () => {
  const store = new MemoryObjectStore({
    onCall: ({ operation, key }) =>
      operation === "remove" && key.includes("/ids/")
        ? { error: { status: 403, code: "AccessDenied" } }
        : undefined,
  });
  const { isFit, leftovers } = await certify(store, few);
  assertEquals(isFit, true);
  const { objects } = await store.list();
  assert(objects.length > 0);
  assert(objects.every(({ key }) => key.startsWith(leftovers!)));
});

test("certify() refuses bad options before it asks", async () => {
  const store = new MemoryObjectStore({
    onCall() {
      throw new Error("asked");
    },
  });
  const bad = [
    { keys: 0 },
    { racers: 1 },
    { flushes: -1 },
    { rules: ["other" as never] },
    { key: 1 } as never,
  ];
  for (const options of bad) {
    const error = await assertRejects(() => certify(store, options)) as Error;
    assert(error.message.startsWith("Cannot certify"), error.message);
  }
});

test("monthlyFlushPrice() is the price of the requests of 30 days", () => {
  const prices = [100, 250, 1000].map((everyMs) =>
    monthlyFlushPrice({ pricePer1000: 0.005, everyMs }).toFixed(2)
  );
  assertEquals(prices, ["129.60", "51.84", "12.96"]);
});

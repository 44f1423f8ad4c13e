import {
  CERTIFIED_RULES,
  certify,
  monthlyFlushPrice,
} from "../../../storage/s3/certify.ts";
import { MemoryObjectStore } from "../../../storage/s3/memory_object_store.ts";
import { ObjectStoreError } from "../../../storage/s3/object_store.ts";
import { S3Store } from "../../../storage/s3/s3_store.ts";
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
  for (const status of [0, 403, 404, 503]) {
    const code = "some";
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
  for (const after of [3, 50, 120]) {
    const controller = new AbortController();
    let calls = 0;
    const store = new MemoryObjectStore({
      onCall() {
        if (++calls === after) controller.abort(new Error("enough"));
      },
    });
    const call = () => certify(store, { ...few, signal: controller.signal });
    const error = await assertRejects(call) as Error;
    assertEquals((error.cause as Error ?? error).message, "enough");
    assertEquals((await store.list()).objects, []);
  }
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

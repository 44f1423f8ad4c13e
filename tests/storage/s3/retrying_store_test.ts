/**
 * Goal: whatever happens on the way, `RetryingStore.create` says what is true,
 * or that it does not know.
 *
 * Method: every sequence of faults of up to four requests, each with and without
 * a rival who takes the key in between, compared with what is in the store.
 *
 * @module
 */
import {
  MemoryObjectStore,
  type ObjectCallEffect,
} from "../../../storage/s3/memory_object_store.ts";
import { ObjectStoreError } from "../../../storage/s3/object_store.ts";
import {
  RetryingStore,
  type RetryOptions,
  UnknownOutcomeError,
} from "../../../storage/s3/retrying_store.ts";
import { VirtualClock } from "../../../testing/virtual_clock.ts";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertThrows,
} from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

const KEY = "b/1";
const bytes = new TextEncoder().encode("mine");

const FAULTS: Record<string, ObjectCallEffect> = {
  ok: {},
  refused: { error: { status: 403, code: "AccessDenied" } },
  conflict: { error: { status: 409, code: "ConditionalRequestConflict" } },
  unsent: { error: { status: 0, code: "ECONNREFUSED" } },
  failed: { error: { status: 500, code: "InternalError" } },
  lost: { error: { status: 0, code: "" }, isApplied: true },
};

/** All sequences of `length` of `items`. */
function sequences<Item>(items: readonly Item[], length: number): Item[][] {
  if (length === 0) return [[]];
  return sequences(items, length - 1).flatMap((start) =>
    items.map((item) => [...start, item])
  );
}

/** Runs a create against faults of its first requests; the rest succeed. */
async function run(
  faults: readonly ObjectCallEffect[],
  rivalBefore: number | undefined,
  options: RetryOptions,
): Promise<{ outcome: unknown; winner: string | undefined }> {
  const clock = new VirtualClock();
  let requests = 0;
  let isOver = false;
  const memory = new MemoryObjectStore({
    onCall({ id }) {
      if (id === "rival" || isOver) return;
      if (requests === rivalBefore) {
        memory.create(KEY, bytes, { id: "rival" });
      }
      return faults[requests++];
    },
  });
  const store = new RetryingStore(memory, { clock, ...options });
  const outcome = await clock.run(
    store.create(KEY, bytes, { id: "mine" }).catch((error) => error),
  );
  isOver = true;
  return { outcome, winner: (await memory.head(KEY))?.id };
}

/** What a caller may conclude, against what is in the store. */
function isTrue(outcome: unknown, winner: string | undefined): boolean {
  if (outcome === "created") return winner === "mine";
  if (outcome === "exists") return winner === "rival";
  if (outcome instanceof UnknownOutcomeError) return true;
  return outcome instanceof ObjectStoreError && winner !== "mine";
}

test("RetryingStore.create() says what is true after all faults", async () => {
  const outcomes = new Set<string>();
  for (const names of sequences(Object.keys(FAULTS), 3)) {
    for (const rivalBefore of [undefined, 0, 1, 2, 3]) {
      // Time for three tries, or for as many as it takes.
      for (const deadlineMs of [20, 10_000]) {
        const faults = names.map((name) => FAULTS[name]);
        const options = { deadlineMs, backoffMs: 10, random: () => 0.5 };
        const { outcome, winner } = await run(faults, rivalBefore, options);
        const story = `${names}, rival before ${rivalBefore}: ${outcome}`;
        assert(isTrue(outcome, winner), `${story}, ${winner} won`);
        outcomes.add(
          typeof outcome === "string" ? outcome : (outcome as Error).name,
        );
      }
    }
  }
  assertEquals([...outcomes].sort(), [
    ...["ObjectStoreError", "UnknownOutcomeError", "created", "exists"],
  ]);
});

test("RetryingStore.create() knows what a refusal leaves", async () => {
  const { refused, conflict, unsent, lost, failed } = FAULTS;
  const cases: [ObjectCallEffect[], unknown][] = [
    [[refused], ObjectStoreError],
    [[conflict, conflict, refused], ObjectStoreError],
    // Bun and Deno send a request again if a connection that was kept ends, and
    // then report how the second one failed: nothing listens.
    [[unsent, refused], UnknownOutcomeError],
    [[failed, refused], UnknownOutcomeError],
    [[lost, refused], UnknownOutcomeError],
  ];
  for (const [faults, kind] of cases) {
    const { outcome } = await run(faults, undefined, {});
    assertInstanceOf(outcome, kind as typeof Error);
  }
});

test("RetryingStore.create() does not replace an object that was removed", async () => {
  const memory = new MemoryObjectStore({
    onCall({ operation }) {
      if (operation === "head") memory.remove(KEY);
    },
  });
  await memory.create(KEY, bytes, { id: "rival" });
  const store = new RetryingStore(memory);
  assertEquals(await store.create(KEY, bytes, { id: "mine" }), "exists");
  assertEquals((await memory.list()).objects, []);
});

test("RetryingStore gives up a try in time, which may still arrive", async () => {
  const clock = new VirtualClock();
  let arrive = () => {};
  const late = new Promise<void>((resolve) => arrive = resolve);
  const calls: (string | undefined)[] = [];
  const memory = new MemoryObjectStore({
    onCall({ id }) {
      calls.push(id);
      return calls.length === 1 ? { after: late } : {};
    },
  });
  const store = new RetryingStore(memory, { clock, tryMs: 2000 });
  const creating = store.create(KEY, bytes, { id: "mine" });
  assertEquals(await clock.run(creating), "created");
  assert(clock.now() >= 2000 && clock.now() < 3000, `${clock.now()}`);
  arrive();
  await late;
  assertEquals(calls, ["mine", "mine"]);
  assertEquals((await memory.head(KEY))?.id, "mine");
});

test("RetryingStore lets the caller change its bytes before a late try reads them", async () => {
  const clock = new VirtualClock();
  let arrive = () => {};
  const late = new Promise<void>((resolve) => arrive = resolve);
  const seen: string[] = [];
  let calls = 0;
  const memory = new MemoryObjectStore();
  // Unlike other stores, it reads the bytes when the request arrives.
  const lazy = Object.create(memory, {
    location: { value: "[lazy]" },
    create: {
      async value(...args: Parameters<MemoryObjectStore["create"]>) {
        if (++calls === 1) await late;
        seen.push(new TextDecoder().decode(args[1]));
        return await memory.create(...args);
      },
    },
  });
  const store = new RetryingStore(lazy, { clock });
  const own = bytes.slice();
  await clock.run(store.create(KEY, own, { id: "mine" }));
  own.fill(0);
  arrive();
  await late;
  await Promise.resolve();
  assertEquals(seen, ["mine", "mine"]);
});

test("RetryingStore does not know about a create that is stuck", async () => {
  const clock = new VirtualClock();
  const memory = new MemoryObjectStore({
    onCall: () => ({ after: new Promise(() => {}) }),
  });
  const store = new RetryingStore(memory, { clock });
  const outcome = await clock.run(
    store.create(KEY, bytes, { id: "mine" }).catch((error) => error),
  );
  assertInstanceOf(outcome, UnknownOutcomeError);
  assertEquals([outcome.key, outcome.id], [KEY, "mine"]);
  assert(clock.now() >= 25_000 && clock.now() <= 30_000, `${clock.now()}`);
  const head = await clock.run(store.head(KEY).catch((error) => error));
  assertInstanceOf(head, ObjectStoreError);
  assertEquals(head.code, "TimeoutError");
});

test("RetryingStore ends with its signal, between tries and during one", async () => {
  for (const isDuring of [true, false]) {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const memory = new MemoryObjectStore({
      onCall: () => isDuring ? { after: new Promise(() => {}) } : FAULTS.failed,
    });
    const store = new RetryingStore(memory, {
      ...{ clock, backoffMs: 1000, random: () => 0.9 },
    });
    const reason = new Error("enough");
    clock.after(100, () => controller.abort(reason));
    const signal = controller.signal;
    const got = store.get(KEY, { signal }).catch((error) => error);
    const made = store.create(KEY, bytes, { id: "mine", signal })
      .catch((error) => error);
    assertEquals(await clock.run(got), reason);
    const outcome = await clock.run(made);
    assertInstanceOf(outcome, UnknownOutcomeError);
    assertEquals(outcome.cause, reason);
    assertEquals(clock.now(), 100);
  }
});

test("RetryingStore does not take its signal's reason for a refusal", async () => {
  const clock = new VirtualClock();
  const controller = new AbortController();
  const memory = new MemoryObjectStore({
    onCall: () => ({ after: new Promise(() => {}) }),
  });
  const store = new RetryingStore(memory, { clock });
  // As a log does whose other call was refused.
  const reason = new ObjectStoreError({
    ...{ action: "create", location: "[memory]", key: "b/0" },
    ...{ status: 403, code: "AccessDenied" },
  });
  clock.after(100, () => controller.abort(reason));
  const outcome = await clock.run(
    store.create(KEY, bytes, { id: "mine", signal: controller.signal })
      .catch((error) => error),
  );
  assertInstanceOf(outcome, UnknownOutcomeError);
  assertEquals(outcome.cause, reason);
});

test("RetryingStore does not wait if its signal came with a failure", async () => {
  const clock = new VirtualClock();
  const controller = new AbortController();
  const reason = new Error("enough");
  const memory = new MemoryObjectStore({
    onCall: () => ({
      error: { status: 503, code: "SlowDown", retryAfterMs: 9000 },
    }),
  });
  const store = new RetryingStore(memory, {
    clock,
    random() {
      controller.abort(reason);
      return 0.5;
    },
  });
  const { signal } = controller;
  const outcome = store.head(KEY, { signal }).catch((error) => error);
  assertEquals(await clock.run(outcome), reason);
  assertEquals(clock.now(), 0);
});

test("RetryingStore leaves no timer behind a store that throws at once", async () => {
  let timers = 0;
  const store = new RetryingStore({
    ...new MemoryObjectStore(),
    location: "[odd]",
    head() {
      throw new Error("at once");
    },
  } as never, {
    clock: {
      now: () => 0,
      after() {
        timers++;
        return () => timers--;
      },
    },
  });
  await assertRejects(() => store.head(KEY), Error, "at once");
  assertEquals(timers, 0);
});

test("RetryingStore repeats every call, and passes on what it asks for", async () => {
  let calls = 0;
  const memory = new MemoryObjectStore({
    onCall: () => ++calls % 3 === 0 ? {} : FAULTS.failed,
  });
  const store = new RetryingStore(memory, { backoffMs: 0.01 });
  for (const key of ["a/1", "a/2", "a/3"]) {
    assertEquals(await store.create(key, bytes, { id: key }), "created");
  }
  const { objects } = await store.list({
    prefix: "a/",
    after: "a/1",
    limit: 1,
  });
  assertEquals(objects, [{ key: "a/2", size: 4 }]);
  const part = await store.get("a/1", { range: { from: 1, to: 3 } });
  assertEquals(new TextDecoder().decode(part!.bytes), "in");
  await store.remove("a/1");
  assertEquals(await store.head("a/1"), undefined);
});

test("RetryingStore refuses bad options and keys", async () => {
  const memory = new MemoryObjectStore();
  for (const name of ["deadlineMs", "tryMs", "backoffMs"]) {
    assertThrows(() => new RetryingStore(memory, { [name]: 0 }), RangeError);
  }
  assertThrows(
    () => new RetryingStore(memory, { retries: 3 } as RetryOptions),
    TypeError,
    "there is no option retries",
  );
  const store = new RetryingStore(memory);
  for (const id of ["", "a b", "ä", "x".repeat(201)]) {
    await assertRejects(() => store.create(KEY, bytes, { id }), TypeError);
  }
  await assertRejects(() => store.create("/", bytes, { id: "1" }), TypeError);
});

/**
 * Goal: an observer shows what is durable and final, and never takes it back.
 *
 * Method: a writer's objects are stored one by one, those in flight in any
 * order; after each one, an observer that has looked before and a new one look.
 *
 * @module
 */
import { ObservedObjectLog } from "../../../../storage/s3/log/observed_object_log.ts";
import { removeDropped } from "../../../../storage/s3/log/remove_dropped.ts";
import { slotKey } from "../../../../storage/s3/log/slot_keys.ts";
import {
  MemoryObjectStore,
  type ObjectCall,
} from "../../../../storage/s3/memory_object_store.ts";
import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertRejects,
} from "../../../kit/assert.ts";
import { compact, SMALL_LIMITS } from "../../../kit/compact_log.ts";
import { readRecords } from "../../../kit/read_object_log.ts";
import { test } from "../../../kit/register.ts";
import { ScriptedObjectLog } from "../../../kit/scripted_object_log.ts";

const options = { pollMs: 250, token: "test" };

async function observe(store: MemoryObjectStore): Promise<ObservedObjectLog> {
  const observer = new ObservedObjectLog(store, options);
  await observer.look();
  return observer;
}

/** Reads all that an observer has seen. */
async function readAll(observer: ObservedObjectLog) {
  const { firstLsn, lastLsn } = observer;
  if (lastLsn < firstLsn) return [];
  return [...await readRecords(observer.read(firstLsn, lastLsn))];
}

/** The steps of a writer, takeovers and drops included. */
const STEPS: readonly ((log: ScriptedObjectLog) => Promise<void>)[] = [
  (log) => log.fence(),
  (log) => log.mark(),
  (log) => log.frame(["a", "b"]),
  (log) => log.frame(["c"]),
  (log) => log.mark("meta"),
  (log) => log.frame(["d", "e", "f"]),
  (log) => log.fence(2),
  (log) => log.frame(["late"], { firstLsn: 7, epoch: 1 }),
  (log) => log.fence(2),
  (log) => {
    log.epoch = 2;
    return log.mark();
  },
  (log) => log.frame(["again"], { firstLsn: 8 }),
  (log) => log.frame(["g"]),
  (log) => log.frame(["h"]),
  (log) => log.mark("more", { firstLsn: 4, firstSlot: 4 }),
  (log) => log.hole(2),
  ...Array.from({ length: 30 }, (_, at) => {
    return (log: ScriptedObjectLog) => log.frame([`n${at}`]);
  }),
];

test("ObservedObjectLog sees each step of a writer, and takes nothing back", async () => {
  const store = new MemoryObjectStore();
  const early = await observe(store);
  assertEquals([early.firstLsn, early.lastLsn, early.id], [1, 0, undefined]);
  const log = await new ScriptedObjectLog(store).create();
  for (const step of STEPS) {
    await step(log);
    const { firstLsn, lastLsn, epoch } = log.state;
    await early.look();
    for (const observer of [early, await observe(store)]) {
      const { meta, time } = observer;
      assertEquals([observer.firstLsn, observer.lastLsn], [firstLsn, lastLsn]);
      assertEquals([observer.epoch, meta], [epoch, log.meta]);
      if (observer === early) assertEquals(time, log.state.time || undefined);
      const kept = [...log.records].filter(([lsn]) => lsn >= firstLsn);
      assertEquals(await readAll(observer), kept);
    }
  }
});

test("ObservedObjectLog sees a dense prefix of slots in flight, in any order", async () => {
  const source = new MemoryObjectStore();
  const log = await new ScriptedObjectLog(source, { window: 4 }).create();
  await log.mark();
  // All that is known while the frames are in flight.
  const settled = { ...log.state };
  const lastLsns = [0, log.state.lastLsn];
  for (let at = 0; at < 4; at++) {
    await log.frame([`${at}`, "x"], { settled });
    lastLsns.push(log.state.lastLsn);
  }
  for (const order of orders([2, 3, 4, 5])) {
    const store = new MemoryObjectStore();
    const copy = async (key: string) => {
      const found = await source.get(key);
      await store.create(key, found!.bytes, { id: found!.id! });
    };
    await copy("log");
    await copy(slotKey(1));
    const observer = await observe(store);
    const there = new Set([1]);
    for (const slot of order) {
      await copy(slotKey(slot));
      there.add(slot);
      await observer.look();
      let dense = 1;
      while (there.has(dense + 1)) dense++;
      assertEquals(observer.lastLsn, lastLsns[dense]);
      assertEquals((await observe(store)).lastLsn, lastLsns[dense]);
    }
  }
});

test("ObservedObjectLog.look() makes one call if nothing is new", async () => {
  const calls: ObjectCall[] = [];
  const store = new MemoryObjectStore({
    onCall: (call) => void calls.push(call),
  });
  const log = await new ScriptedObjectLog(store).create();
  await log.mark("meta");
  await log.frame(["a"]);
  const observer = await observe(store);
  calls.length = 0;
  await observer.look();
  assertEquals(calls.map(({ operation }) => operation), ["list"]);
});

test("ObservedObjectLog finds the end of a long log by few calls", async () => {
  let calls = 0;
  const store = new MemoryObjectStore({ onCall: () => void calls++ });
  const log = await new ScriptedObjectLog(store).create();
  for (let slot = 1; slot <= 5000; slot++) await log.frame([`${slot}`]);
  calls = 0;
  const observer = await observe(store);
  assertEquals(observer.lastLsn, 5000);
  assert(calls <= 20, `${calls} calls`);
});

test("ObservedObjectLog looks and reads while slots are compacted and dropped", async () => {
  for (let run = 0; run < 80; run++) {
    const begin = run >> 1;
    const mergedBytes = run % 2 === 0 ? 1500 : 6000;
    let calls = 0;
    const inner = new MemoryObjectStore();
    const log = await new ScriptedObjectLog(inner).create();
    for (const step of STEPS) await step(log);
    const act = async () => {
      await compact(log, { limits: { ...SMALL_LIMITS, mergedBytes } });
      await log.mark(undefined, { firstLsn: 12, firstSlot: 17 });
      await log.frame(["last"]);
      await removeDropped(log, new AbortController().signal);
    };
    const proxy = new Proxy(inner, {
      get: (_, name) => {
        const value = Reflect.get(inner, name);
        if (typeof value !== "function") return value;
        return async (...parameters: unknown[]) => {
          if (++calls === begin) await act();
          return await value.apply(inner, parameters);
        };
      },
    });
    const observer = new ObservedObjectLog(proxy, options);
    await observer.look();
    assertGreaterOrEqual(observer.lastLsn, 40);
    const { firstLsn, lastLsn } = observer;
    const expected = [...log.records]
      .filter(([lsn]) => lsn >= firstLsn && lsn <= lastLsn);
    try {
      assertEquals(await readAll(observer), expected);
    } catch (error) {
      assertEquals((error as Error).name, "CompactedError");
    }
    await observer.look();
    const kept = [...log.records].filter(([lsn]) => lsn >= observer.firstLsn);
    assertEquals(await readAll(observer), kept);
    assertEquals(observer.meta, log.meta);
    await observer.close();
  }
});

test("ObservedObjectLog.look() sees what was there when it was called, even during another look", async () => {
  let resume = () => {};
  let holds = false;
  const store = new MemoryObjectStore({
    onCall({ operation }) {
      if (!holds || operation !== "get") return;
      holds = false;
      return { after: new Promise<void>((resolve) => resume = resolve) };
    },
  });
  const log = await new ScriptedObjectLog(store).create();
  await log.frame(["a"]);
  const observer = await observe(store);
  await log.frame(["b"]);
  holds = true;
  const first = observer.look();
  await new Promise((resolve) => setTimeout(resolve));
  await log.frame(["c"]);
  const second = observer.look();
  const third = observer.look();
  resume();
  await first;
  assertEquals(observer.lastLsn, 2);
  await Promise.all([second, third]);
  assertEquals(observer.lastLsn, 3);
});

test("ObservedObjectLog.close() ends a look and a read in progress", async () => {
  let isStuck = false;
  const store = new MemoryObjectStore({
    onCall: () => isStuck ? { after: new Promise(() => {}) } : undefined,
  });
  const log = await new ScriptedObjectLog(store).create();
  await log.frame(["a"]);
  const observer = await observe(store);
  isStuck = true;
  const looks = [observer.look(), observer.look()];
  const read = observer.read(1, 1).next() as Promise<unknown>;
  const ends = [...looks, read].map((one) => assertRejects(() => one));
  await observer.close();
  await Promise.all(ends);
});

function orders<Item>(items: readonly Item[]): Item[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item) =>
    orders(items.filter((other) => other !== item))
      .map((rest) => [item, ...rest])
  );
}

/**
 * Goal: what a log has dropped goes, and nothing else, whenever the removal is
 * stopped.
 *
 * @module
 */
import { removeDropped } from "../../../../storage/s3/log/remove_dropped.ts";
import { slotKey } from "../../../../storage/s3/log/slot_keys.ts";
import { SlotLookup } from "../../../../storage/s3/log/slot_lookup.ts";
import { FENCE_BYTES } from "../../../../storage/s3/log/slot_object.ts";
import {
  MemoryObjectStore,
  type OnObjectCall,
} from "../../../../storage/s3/memory_object_store.ts";
import { assert, assertEquals, assertRejects } from "../../../kit/assert.ts";
import { compact } from "../../../kit/compact_log.ts";
import { readRange } from "../../../kit/read_object_log.ts";
import { test } from "../../../kit/register.ts";
import { ScriptedObjectLog } from "../../../kit/scripted_object_log.ts";

const signal = new AbortController().signal;

/** A log with fences, and records that are compacted in part. */
async function longLog(store: MemoryObjectStore): Promise<ScriptedObjectLog> {
  const log = await new ScriptedObjectLog(store).create();
  await log.mark("meta");
  for (let at = 0; at < 12; at++) {
    await log.frame([`${at}.0`, `${at}.1`]);
    if (at === 5) {
      log.epoch = 2;
      await log.fence();
      await log.fence();
      await log.mark();
    }
  }
  await compact(log);
  for (let at = 12; at < 20; at++) await log.frame([`${at}.0`, `${at}.1`]);
  return log;
}

/** Drops the records below `lsn`, as an owner does. */
async function drop(log: ScriptedObjectLog, lsn: number): Promise<void> {
  const firstSlot = await new SlotLookup(log).firstSlotFor(lsn);
  const text = new TextDecoder().decode(log.meta?.bytes);
  await log.mark(text, { firstLsn: lsn, firstSlot });
  // A later opening reads on from a slot that is settled.
  for (let at = 0; at < 2; at++) await log.frame(["end", "end"]);
}

async function check(log: ScriptedObjectLog): Promise<void> {
  const { firstLsn, lastLsn } = log.state;
  const kept = [...log.records].filter(([lsn]) => lsn >= firstLsn);
  assertEquals([...await readRange(log, firstLsn, lastLsn)], kept);
  const got = await readRange(log, firstLsn, firstLsn);
  assertEquals([...got], kept.slice(0, 1));
}

test("removeDropped() leaves what is kept, and fences, for each LSN", async () => {
  for (let lsn = 1; lsn <= 41; lsn++) {
    const store = new MemoryObjectStore();
    const log = await longLog(store);
    await drop(log, lsn);
    const before = (await store.list()).objects.length;
    await removeDropped(log, signal);
    await check(log);
    const { objects } = await store.list();
    const fences = objects.filter(({ size }) => size === FENCE_BYTES);
    assertEquals(fences.length, 2);
    assert(lsn < 20 || objects.length < before);
    await compact(log);
    await check(log);
  }
});

test("removeDropped() of all leaves fences, and a few slots", async () => {
  const store = new MemoryObjectStore();
  const log = await longLog(store);
  await drop(log, log.state.lastLsn + 1);
  await drop(log, log.state.lastLsn + 1);
  await removeDropped(log, signal);
  const { objects } = await store.list();
  const others = objects.filter(({ size, key }) =>
    size !== FENCE_BYTES && key !== "log"
  );
  assert(others.length <= 6, others.map(({ key }) => key).join(" "));
  await check(log);
});

test("removeDropped() can be stopped at each of its calls, and called again", async () => {
  for (let calls = 0, isOver = false; !isOver; calls++) {
    let onCall: OnObjectCall = () => {};
    const store = new MemoryObjectStore({ onCall: (call) => onCall(call) });
    const log = await longLog(store);
    await drop(log, 30);
    const end = new AbortController();
    let left = calls;
    onCall = () => {
      if (left-- > 0) return;
      end.abort();
      return { error: { status: 403, code: "AccessDenied" } };
    };
    const result = await removeDropped(log, end.signal).catch(() => "stopped");
    isOver = result !== "stopped";
    onCall = () => {};
    await check(log);
    await removeDropped(log, signal);
    await check(log);
    const { firstSlot } = log.state;
    const slots = (await store.list({ prefix: "b/" })).objects;
    const left2 = slots.filter(({ key, size }) =>
      key < slotKey(firstSlot) && size !== FENCE_BYTES
    );
    assertEquals(left2, []);
  }
});

test("removeDropped() goes on if an object cannot be removed, and says so", async () => {
  const refused = slotKey(3);
  let isRefusing = false;
  const store = new MemoryObjectStore({
    onCall: ({ operation, key }) =>
      isRefusing && operation === "remove" && key === refused
        ? { error: { status: 403, code: "AccessDenied" } }
        : undefined,
  });
  const log = await new ScriptedObjectLog(store).create();
  for (let at = 0; at < 20; at++) await log.frame([`${at}`]);
  await drop(log, 10);
  isRefusing = true;
  await assertRejects(() => removeDropped(log, signal));
  const keys = (await store.list({ prefix: "b/" })).objects
    .map(({ key }) => key);
  assertEquals(keys.slice(0, 2), [slotKey(3), slotKey(log.state.firstSlot)]);
  await check(log);
});

test("removeDropped() goes from page to page", async () => {
  const store = new MemoryObjectStore();
  const log = await new ScriptedObjectLog(store).create();
  for (let at = 0; at < 2500; at++) await log.frame([`${at}`]);
  await drop(log, 2400);
  await removeDropped(log, signal);
  const { objects } = await store.list({ prefix: "b/" });
  assertEquals(objects[0].key, slotKey(log.state.firstSlot));
  await check(log);
});

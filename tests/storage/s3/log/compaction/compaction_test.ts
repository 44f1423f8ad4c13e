/**
 * Goal: compaction changes nothing that anybody reads, whenever it is stopped,
 * and whoever reads or compacts at the same time.
 *
 * Method: it is stopped before each of its calls; then everything is read, a
 * second owner compacts the rest, and everything is read again. A reader that
 * has begun before reads on between each two of its calls.
 *
 * @module
 */
import {
  readHeader,
  readMeta,
} from "../../../../../storage/s3/log/read_forward.ts";
import { SlotReads } from "../../../../../storage/s3/log/slot_reads.ts";
import {
  MemoryObjectStore,
  type OnObjectCall,
} from "../../../../../storage/s3/memory_object_store.ts";
import { compact, compactionOf } from "../../../../kit/compact_log.ts";
import { assert, assertEquals } from "../../../../kit/assert.ts";
import {
  readable,
  readRange,
  readRecords,
} from "../../../../kit/read_object_log.ts";
import { test } from "../../../../kit/register.ts";
import { ScriptedObjectLog } from "../../../../kit/scripted_object_log.ts";

/** A store whose calls a test can watch, and fail. */
function watchedStore(): {
  store: MemoryObjectStore;
  watch: { onCall: OnObjectCall };
} {
  const watch: { onCall: OnObjectCall } = { onCall: () => {} };
  const store = new MemoryObjectStore({ onCall: (call) => watch.onCall(call) });
  return { store, watch };
}

/** About 40 slots of every kind. */
async function longLog(store: MemoryObjectStore): Promise<ScriptedObjectLog> {
  const log = await new ScriptedObjectLog(store).create();
  await log.mark("one");
  for (let index = 0; index < 20; index++) {
    const records = Array.from({ length: index % 3 + 1 }, (_, at) => {
      return `${index}.${at}`;
    });
    await log.frame(records);
    if (index === 7) await log.frame(["z".repeat(4000)]);
    if (index === 9) await log.mark("two");
    if (index === 12) await log.hole(3);
    if (index === 14) {
      log.epoch = 2;
      await log.fence();
      await log.fence();
      await log.frame(["old"], { epoch: 1 });
      await log.mark("three");
    }
  }
  for (let index = 0; index < 12; index++) await log.frame([`end ${index}`]);
  return log;
}

async function keysOf(store: MemoryObjectStore, prefix: string) {
  return (await store.list({ prefix })).objects.map(({ key }) => key);
}

/** Reads all, each single record, and the metadata. */
async function check(log: ScriptedObjectLog): Promise<void> {
  const { firstLsn, lastLsn } = log.state;
  const expected = [...log.records].filter(([lsn]) => lsn >= firstLsn);
  assertEquals([...await readRange(log, firstLsn, lastLsn)], expected);
  const source = readable(log);
  for (const [lsn, text] of expected) {
    const found = await readRecords(new SlotReads(source, lsn, lsn));
    assertEquals([...found], [[lsn, text]]);
  }
  const { store, identity, state } = log;
  assertEquals(await readMeta(store, identity, state), log.meta);
}

test("Compaction leaves few objects, and all records", async () => {
  const { store } = watchedStore();
  const log = await longLog(store);
  const before = await keysOf(store, "b/");
  await compact(log);
  await check(log);
  const after = await keysOf(store, "b/");
  assert(after.length < before.length / 2, `${after.length} slots left`);
  assertEquals(after.slice(-4), before.slice(-4));
  assert((await keysOf(store, "s/")).length <= 9);
});

test("Compaction can be stopped before each of its calls", async () => {
  for (let calls = 0, isOver = false; !isOver; calls++) {
    const { store, watch } = watchedStore();
    const log = await longLog(store);
    const task = compactionOf(log);
    let left = calls;
    const isStuck = new Promise<void>((resolve) => {
      watch.onCall = () => {
        if (left-- > 0) return;
        resolve();
        return { after: new Promise(() => {}) };
      };
    });
    task.start();
    await Promise.race([isStuck, task.idle()]);
    await task.stop();
    isOver = left >= 0;
    watch.onCall = () => {};
    await check(log);
    await compact(log);
    await check(log);
  }
});

test("SlotReads goes on while slots are compacted, whenever that begins", async () => {
  const { store: sample } = watchedStore();
  const { length } = [...(await longLog(sample)).records];
  for (let begun = 0; begun <= length; begun += 3) {
    const { store } = watchedStore();
    const log = await longLog(store);
    const reads = new SlotReads(readable(log), 1, log.state.lastLsn);
    const found = new Map<number, string | undefined>();
    for (let at = 0;; at++) {
      if (at === begun) await compact(log);
      const { value, done } = await reads.next();
      if (done) break;
      let lsn = value.firstLsn;
      for (const record of value.records) {
        found.set(lsn++, new TextDecoder().decode(record));
      }
      for (let lost = value.lost ?? 0; lost > 0; lost--) {
        found.set(lsn++, undefined);
      }
    }
    assertEquals([...found], [...log.records]);
  }
});

test("Compaction of two owners at once changes nothing", async () => {
  for (let seed = 0; seed < 20; seed++) {
    const { store, watch } = watchedStore();
    const log = await longLog(store);
    let turns = 0;
    watch.onCall = () => {
      const turn = (seed * 7919 + turns++ * 104729) % 5;
      return { after: wait(turn) };
    };
    const tasks = [compactionOf(log), compactionOf(log)];
    for (const task of tasks) task.start();
    for (const task of tasks) await task.idle();
    watch.onCall = () => {};
    await check(log);
    await compact(log);
    await check(log);
  }
});

test("Compaction never removes a fence, nor the newest metadata", async () => {
  const { store } = watchedStore();
  const log = await longLog(store);
  await compact(log);
  const { metaSlot } = log.state;
  assert(await readHeader(store, log.identity, metaSlot) !== undefined);
  const sizes = (await store.list({ prefix: "b/" })).objects
    .filter(({ size }) => size === 48);
  assertEquals(sizes.length, 2);
});

async function wait(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await Promise.resolve();
}

test("Compaction leaves no listener at its signal, however many passes it makes", async () => {
  const { addEventListener, removeEventListener } = AbortSignal.prototype;
  let listeners = 0;
  AbortSignal.prototype.addEventListener = function (
    ...args: Parameters<typeof addEventListener>
  ) {
    listeners++;
    addEventListener.apply(this, args);
  };
  AbortSignal.prototype.removeEventListener = function (
    ...args: Parameters<typeof removeEventListener>
  ) {
    listeners--;
    removeEventListener.apply(this, args);
  };
  try {
    const { store } = watchedStore();
    const log = await longLog(store);
    const compaction = compactionOf(log);
    listeners = 0;
    compaction.start();
    for (let pass = 0; pass < 5; pass++) {
      await compaction.idle();
      for (let nth = 0; nth < 5; nth++) await log.frame(["more"]);
      for (let nth = 0; nth < 5; nth++) compaction.note(100);
    }
    await compaction.idle();
    assert((await keysOf(store, "s/")).length > 0);
    assertEquals(listeners, 0);
    await compaction.stop();
  } finally {
    Object.assign(AbortSignal.prototype, {
      addEventListener,
      removeEventListener,
    });
  }
});

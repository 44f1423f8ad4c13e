/**
 * Goal: a read hands out the records of the log, all of them and no others, or
 * says why it cannot: they were dropped, or an object is damaged.
 *
 * Method: small logs with everything that can be in a slot, not compacted, or
 * compacted in part or as far as possible. All ranges are read; each byte of
 * each object is changed; each object is removed.
 *
 * @module
 */
import { removeDropped } from "../../../../storage/s3/log/remove_dropped.ts";
import { slotKey } from "../../../../storage/s3/log/slot_keys.ts";
import { encodeFence } from "../../../../storage/s3/log/slot_object.ts";
import { SlotReads } from "../../../../storage/s3/log/slot_reads.ts";
import { MemoryObjectStore } from "../../../../storage/s3/memory_object_store.ts";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
} from "../../../kit/assert.ts";
import { CorruptLogError } from "../../../../storage/corrupt_log_error.ts";
import { CompactedError } from "../../../../storage/frame_log.ts";
import { compact, SMALL_LIMITS } from "../../../kit/compact_log.ts";
import {
  readable,
  readRange,
  readRecords,
} from "../../../kit/read_object_log.ts";
import { test } from "../../../kit/register.ts";
import { ScriptedObjectLog } from "../../../kit/scripted_object_log.ts";

/** A log with everything that can be in a slot, some of it compacted. */
async function everything(
  store: MemoryObjectStore,
  end: number,
): Promise<ScriptedObjectLog> {
  const log = await new ScriptedObjectLog(store).create();
  await log.mark();
  await log.frame(["a", "b", "c"]);
  await log.frame(["d"]);
  await log.mark("meta");
  await log.fence(2);
  // A latecomer.
  await log.frame(["x"], { firstLsn: 6, epoch: 1 });
  log.epoch = 2;
  await log.mark("more");
  await log.hole(2);
  // Sent again later.
  await log.frame(["y"], { firstLsn: 8 });
  await log.frame(["g"]);
  await log.frame(["h", "i"]);
  for (let at = 0; at < end; at++) await log.frame([`${at}`]);
  if (end > 0) await compact(log);
  return log;
}

/** Not compacted, in part, and as far as possible. */
const ENDS = [0, 1, 5, 8];

/** A store with the objects of another one, one of them changed. */
async function changed(
  from: MemoryObjectStore,
  change: (key: string, bytes: Uint8Array) => Uint8Array | undefined,
): Promise<MemoryObjectStore> {
  const store = new MemoryObjectStore();
  for (const { key } of (await from.list()).objects) {
    const { bytes, id } = (await from.get(key))!;
    const content = change(key, bytes);
    if (content) await store.create(key, content, { id: id! });
  }
  return store;
}

/** The same log in another store. */
function inStore(
  log: ScriptedObjectLog,
  store: MemoryObjectStore,
): ScriptedObjectLog {
  return Object.assign(new ScriptedObjectLog(store), {
    state: log.state,
    records: log.records,
  });
}

test("SlotReads reads from and to each record", async () => {
  for (const end of ENDS) {
    const log = await everything(new MemoryObjectStore(), end);
    const { lastLsn } = log.state;
    for (let from = 1; from <= lastLsn; from++) {
      for (let to = from; to <= lastLsn; to++) {
        const expected = [...log.records].slice(from - 1, to);
        assertEquals([...await readRange(log, from, to)], expected);
      }
    }
  }
});

test("SlotReads tells damage of any byte, or is not affected", async () => {
  for (const end of [0, 8]) {
    const store = new MemoryObjectStore();
    const log = await everything(store, end);
    const expected = [...log.records];
    let damaged = 0;
    for (const { key, size } of (await store.list()).objects) {
      if (key === "log") continue;
      for (let at = 0; at < size; at++) {
        const copy = inStore(
          log,
          await changed(store, (other, bytes) => {
            if (other === key) bytes[at] ^= 1 << at % 8;
            return bytes;
          }),
        );
        try {
          const found = await readRange(copy, 1, log.state.lastLsn);
          assertEquals([...found], expected);
        } catch (error) {
          assertInstanceOf(error, CorruptLogError);
          assertEquals(error.segment, `[memory]/${key}`);
          damaged++;
        }
      }
    }
    assert(damaged > 500, `${damaged} times told`);
  }
});

test("SlotReads tells objects that are cut off", async () => {
  const store = new MemoryObjectStore();
  const log = await everything(store, 8);
  for (const { key, size } of (await store.list()).objects) {
    if (key === "log" || key.startsWith("b/") && size === 48) continue;
    for (const left of [0, 47, 48, 49, size - 1]) {
      const copy = inStore(
        log,
        await changed(
          store,
          (other, bytes) => other === key ? bytes.slice(0, left) : bytes,
        ),
      );
      await readRange(copy, 1, log.state.lastLsn).then(
        (found) => assertEquals([...found], [...log.records]),
        (error) => assertInstanceOf(error, CorruptLogError),
      );
    }
  }
});

test("SlotReads tells which object is missing, or is not affected", async () => {
  for (const end of ENDS) {
    const store = new MemoryObjectStore();
    const log = await everything(store, end);
    let missing = 0;
    for (const { key } of (await store.list()).objects) {
      const copy = inStore(
        log,
        await changed(
          store,
          (other, bytes) => key === other ? undefined : bytes,
        ),
      );
      try {
        const found = await readRange(copy, 1, log.state.lastLsn);
        assertEquals([...found], [...log.records]);
      } catch (error) {
        assertInstanceOf(error, CorruptLogError);
        missing++;
      }
    }
    assert(missing >= 5, `${missing} times told`);
  }
});

test("SlotReads rejects with a CompactedError if records are dropped before or during the read", async () => {
  for (const end of ENDS) {
    for (let taken = 0; taken <= 4; taken++) {
      const store = new MemoryObjectStore();
      const log = await everything(store, end);
      let refreshed = log;
      const view = {
        store,
        identity: log.identity,
        get state() {
          return refreshed.state;
        },
        meta: undefined,
      };
      const before = log.state;
      refreshed = inStore(log, store);
      refreshed.state = before;
      const source = readable(view, () => {
        refreshed = log;
        return Promise.resolve();
      });
      const reads = new SlotReads(source, 1, before.lastLsn);
      for (let at = 0; at < taken; at++) await reads.next();
      await log.mark(undefined, { firstLsn: 9, firstSlot: 11 });
      const owned = Object.assign(inStore(log, store), { epoch: 2 });
      await owned.frame(["more"]);
      await owned.frame(["more"]);
      await owned.frame(["more"]);
      await removeDropped(owned, new AbortController().signal);
      // What was fetched ahead may be handed out.
      const rest = async () => {
        for (;;) if ((await reads.next()).done) return "all";
      };
      const result = await rest().catch((error) => error);
      if (result !== "all") assertInstanceOf(result, CompactedError);
      else assert(taken > 0);
    }
  }
});

test("SlotReads fetches 8 objects ahead at most, and 16 MiB", async () => {
  for (const bytes of [10, 3 * 2 ** 20, 9 * 2 ** 20]) {
    let [open, most] = [0, 0];
    const turns: (() => void)[] = [];
    let isWatched = false;
    const store = new MemoryObjectStore({
      onCall({ operation }) {
        if (!isWatched || operation !== "get") return;
        most = Math.max(most, ++open);
        return { after: new Promise<void>((resolve) => turns.push(resolve)) };
      },
    });
    const log = await new ScriptedObjectLog(store).create();
    const record = new Uint8Array(bytes);
    for (let at = 0; at < 20; at++) await log.frameOf([record]);
    isWatched = true;
    const reads = new SlotReads(readable(log), 1, 20);
    let isOver = false;
    const reading = (async () => {
      for (let at = 0; at < 20; at++) await reads.next();
      isOver = true;
    })();
    while (!isOver) {
      for (const turn of turns.splice(0)) {
        open--;
        turn();
      }
      await new Promise((resolve) => setTimeout(resolve));
    }
    await reading;
    await reads.return();
    // 4 until a size is known. More of 3 MiB fit, if the reader is slower.
    const fit = Math.floor(16 * 2 ** 20 / bytes);
    const [least, limit] = bytes === 10 ? [8, 8] : [4, Math.max(4, fit)];
    assert(most >= least && most <= limit, `${most} of ${bytes} bytes`);
  }
});

test("SlotReads.return() ends its requests", async () => {
  let isStuck = false;
  const store = new MemoryObjectStore({
    onCall: () => isStuck ? { after: new Promise(() => {}) } : undefined,
  });
  const log = await everything(store, 0);
  const reads = new SlotReads(readable(log), 1, 9);
  await reads.next();
  isStuck = true;
  const next = (async () => {
    for (;;) if ((await reads.next()).done) return;
  })();
  const ends = assertRejects(() => next);
  await new Promise((resolve) => setTimeout(resolve));
  await reads.return();
  await ends;
});

test("SlotReads of a single record asks for little", async () => {
  const calls: string[] = [];
  const store = new MemoryObjectStore({
    onCall: ({ operation, key }) => void calls.push(`${operation} ${key}`),
  });
  const log = await new ScriptedObjectLog(store).create();
  for (let at = 0; at < 2000; at++) await log.frame([`${at}`]);
  const source = readable(log);
  for (const lsn of [1000, 1000, 1001, 2000]) {
    calls.length = 0;
    await readRecords(new SlotReads(source, lsn, lsn));
    assert(calls.length <= 25, calls.join("\n"));
    if (lsn === 1001) assert(calls.length <= 2, calls.join("\n"));
  }
  await compact(log, { limits: { ...SMALL_LIMITS, slots: 64 } });
  const compacted = readable(log);
  await readRecords(new SlotReads(compacted, 500, 500));
  for (let lsn = 1; lsn <= 2000; lsn += 37) {
    calls.length = 0;
    const found = await readRecords(new SlotReads(compacted, lsn, lsn));
    assertEquals([...found], [[lsn, `${lsn - 1}`]]);
    // The last slots are not compacted.
    assert(calls.length <= (lsn > 1900 ? 9 : 3), calls.join("\n"));
  }
});

test("SlotReads goes on in a compacted object if an old fence is where a slot was removed", async () => {
  for (let slot = 3; slot <= 18; slot++) {
    const store = new MemoryObjectStore();
    const log = await new ScriptedObjectLog(store).create();
    await log.mark();
    await log.fence(3);
    log.epoch = 3;
    for (let at = 0; at < 18; at++) await log.frame([`${at}`]);
    // It has listed no compacted object yet when it has read some slots.
    const reads = new SlotReads(readable(log), 1, 18);
    await reads.next();
    await compact(log);
    const { id } = log.identity;
    const fence = encodeFence(id, { epoch: 2, slot, time: 1 });
    await store.create(slotKey(slot), fence, { id: "late" });
    const found = await readRecords(reads);
    assertEquals([...found], [...log.records].slice(1));
  }
});

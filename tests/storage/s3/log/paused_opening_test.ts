/**
 * Goal: an opening that is paused while the owner goes on, and removes the slots
 * that it was about to fence, does not take the log over where it no longer ends.
 *
 * @module
 */
import { FencedError, type FrameLog } from "../../../../storage/frame_log.ts";
import { encodeHint } from "../../../../storage/s3/log/find_end.ts";
import { claimKey } from "../../../../storage/s3/log/slot_keys.ts";
import { ObjectLog } from "../../../../storage/s3/log/object_log.ts";
import {
  MemoryObjectStore,
  type ObjectCall,
} from "../../../../storage/s3/memory_object_store.ts";
import { assertEquals, assertRejects } from "../../../kit/assert.ts";
import { SMALL_LIMITS } from "../../../kit/compact_log.ts";
import { frameOf } from "../../../kit/frame_of.ts";
import { readRecords } from "../../../kit/read_object_log.ts";
import { test } from "../../../kit/register.ts";

function engineOf(store: MemoryObjectStore): ObjectLog {
  return new ObjectLog(store, { window: 2, compaction: SMALL_LIMITS });
}

async function append(log: FrameLog, count: number): Promise<void> {
  for (let at = 0; at < count; at++) {
    const lsn = log.lastLsn + 1;
    await log.pipeline!.commit(frameOf(lsn, [`${lsn}`]));
  }
}

/** Resolves in a later turn, when background work has gone on. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) {
    await new Promise((resolve) => setTimeout(resolve));
  }
}

const options = { warn: () => {}, time: () => 1 };

test("ObjectLog.openLog() finds the end again if it was paused before any of its calls", async () => {
  for (const [hasMeta, drops] of [[false, true], [true, false]]) {
    for (let pausedAt = 0, isOver = false; !isOver; pausedAt++) {
      let calls = 0;
      let resume = () => {};
      let isPaused = false;
      const store = new MemoryObjectStore();
      const onCall = (_: ObjectCall) => {
        if (calls++ !== pausedAt) return;
        isPaused = true;
        return new Promise<void>((resolve) => resume = resolve);
      };
      const slow = new Proxy(store, {
        get: (_, name) => {
          const value = Reflect.get(store, name);
          if (typeof value !== "function") return value;
          return async (...parameters: unknown[]) => {
            await onCall(name as unknown as ObjectCall);
            return await value.apply(store, parameters);
          };
        },
      });
      const owner = await engineOf(store).openLog(options);
      await append(owner, 5);
      // Its slot stays while those after it are compacted.
      const meta = { version: 1, bytes: new Uint8Array(1) };
      if (hasMeta) await owner.setMeta!(meta);
      const opening = engineOf(slow).openLog(options);
      opening.catch(() => {});
      for (let turn = 0; turn < 5 && !isPaused; turn++) await settle();
      isOver = !isPaused;
      const going = append(owner, 30).catch((error) => error);
      await going;
      const { lastLsn } = owner;
      if (drops) await owner.truncateBefore(lastLsn - 3).catch(() => {});
      await settle();
      resume();
      const taken = await opening;
      await assertRejects(() => append(owner, 1), FencedError);
      assertEquals(taken.lastLsn, lastLsn);
      await append(taken, 3);
      const found = await readRecords(
        taken.read(taken.firstLsn, taken.lastLsn),
      );
      for (const [lsn, text] of found) assertEquals(text, `${lsn}`);
      await taken.close(true);
      await owner.close(false);
    }
  }
});

test("ObjectLog's owner reads on after an opening that has only claimed an epoch", async () => {
  const store = new MemoryObjectStore();
  const former = await engineOf(store).openLog(options);
  await append(former, 3);
  await former.close(true);
  const engine = new ObjectLog(store, { compaction: false });
  const owner = await engine.openLog(options);
  await append(owner, 3);
  await store.create(claimKey(3), encodeHint(0), { id: "crashed" });
  const found = await readRecords(owner.read(1, 6));
  assertEquals([...found.values()], ["1", "2", "3", "4", "5", "6"]);
  await owner.close(true);
});

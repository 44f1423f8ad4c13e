/**
 * Goal: what the pipeline acknowledges is in the log, once, in the order of the
 * calls, whatever is in its way.
 *
 * Method: every interleaving of an owner's slots with fences of an opening that
 * was overtaken and wakes up late; and single faults.
 *
 * @module
 */
import { CorruptLogError } from "../../../../storage/corrupt_log_error.ts";
import { encodeFence } from "../../../../storage/s3/log/slot_object.ts";
import { markEntry } from "../../../../storage/s3/log/slot_pipeline.ts";
import { slotKey } from "../../../../storage/s3/log/slot_keys.ts";
import {
  MemoryObjectStore,
  type OnObjectCall,
} from "../../../../storage/s3/memory_object_store.ts";
import {
  type OpenedLog,
  openObjectLog,
} from "../../../../storage/s3/log/open_object_log.ts";
import type { ObjectStore } from "../../../../storage/s3/object_store.ts";
import { RetryingStore } from "../../../../storage/s3/retrying_store.ts";
import { assertEquals, assertRejects } from "../../../kit/assert.ts";
import { EagerReader } from "../../../kit/eager_reader.ts";
import { exploreInterleavings } from "../../../kit/explore_interleavings.ts";
import { HeldStore, NO_TIME } from "../../../kit/held_store.ts";
import { appendText, openAs } from "../../../kit/object_log_clients.ts";
import { test } from "../../../kit/register.ts";

const APPENDS = 3;

/** An owner appends, while fences of a lower epoch arrive in its next slots. */
async function beginWithLatecomers(window: number, fences: number) {
  const held = new HeldStore();
  const reader = new EagerReader(held);
  await openAs(held, "a", window);
  const owner = await openAs(held, "b", window);
  const { identity, state } = owner.pipeline;
  const late = held.client("late");
  held.hold((_, isCreate) => isCreate);
  const acked: string[] = [];
  // A mark in between: a frame after it could count without it.
  void owner.pipeline.send(markEntry(state, undefined));
  for (let lsn = 1; lsn <= APPENDS; lsn++) {
    void appendText(owner, lsn, `b${lsn}`).then((text) => acked.push(text));
  }
  for (let slot = state.slot + 1; slot <= state.slot + fences; slot++) {
    const bytes = encodeFence(identity.id, { epoch: 1, slot, time: 0 });
    void late.create(slotKey(slot), bytes, { id: `late-${slot}` });
  }
  return {
    key: () => held.key(),
    steps: () =>
      held.held.map((call) => ({
        name: `${call.client} ${call.name}`,
        take: () => call.answer(),
      })),
    check: () => {
      reader.read();
      assertEquals(reader.records.slice(0, acked.length), acked);
    },
    finish: () => {
      assertEquals(acked, ["1 b1", "2 b2", "3 b3"]);
      assertEquals(reader.records, acked);
      assertEquals(owner.pipeline.state, reader.state);
      return Promise.resolve();
    },
  };
}

for (const window of [1, 2, 3]) {
  test(`SlotPipeline sends again what a late fence was in the way of: ${window} slots in flight`, async () => {
    const { states, ends } = await exploreInterleavings(() =>
      beginWithLatecomers(window, 3)
    );
    console.log(
      `explored ${states} distinct states, ${ends} ends: late fences, ` +
        `${window} slots in flight`,
    );
  });
}

/** A log in memory, whose calls can fail from then on. */
async function openWith(
  window: number,
  onCall: OnObjectCall,
): Promise<{ log: OpenedLog; store: ObjectStore }> {
  let isOpen = false;
  const memory = new MemoryObjectStore({
    onCall: (call) => isOpen ? onCall(call) : undefined,
  });
  const store = new RetryingStore(memory, {
    ...{ clock: NO_TIME, random: () => 0, deadlineMs: 1e9 },
  });
  const log = await openObjectLog({
    ...{ store, window, time: () => 1, random: Math.random },
  });
  isOpen = true;
  return { log, store };
}

test("SlotPipeline has no more slots in flight than the window, and none is removable that an opening may read", async () => {
  const answers: (() => void)[] = [];
  const { log } = await openWith(
    3,
    () => ({ after: new Promise<void>((resolve) => answers.push(resolve)) }),
  );
  const { pipeline } = log;
  const { slot } = pipeline.state;
  const appends = [1, 2, 3, 4, 5].map((lsn) => appendText(log, lsn, "x"));
  assertEquals(answers.length, 3);
  for (const answer of answers.splice(0)) answer();
  await Promise.all(appends.slice(0, 3));
  assertEquals(pipeline.state.slot, slot + 3);
  // The newest one that counts was sent when `slot` was settled.
  assertEquals(pipeline.removableSlot, slot);
  while (answers.length < 2) await undefined;
  for (const answer of answers.splice(0)) answer();
  await Promise.all(appends);
});

test("SlotPipeline acknowledges what comes before a slot that was refused, and nothing after it", async () => {
  let creates = 0;
  const { log } = await openWith(4, () => {
    const isRefused = ++creates === 2;
    return isRefused ? { error: { status: 403, code: "AccessDenied" } } : {};
  });
  const outcomes = await Promise.allSettled(
    [1, 2, 3, 4].map((lsn) => appendText(log, lsn, "x")),
  );
  assertEquals(
    outcomes.map((outcome) =>
      outcome.status === "fulfilled" ? outcome.value : outcome.reason.code
    ),
    ["1 x", "AccessDenied", "AccessDenied", "AccessDenied"],
  );
  assertEquals(log.pipeline.state.lastLsn, 1);
  await assertRejects(() => appendText(log, 2, "x"), Error, "access is denied");
});

test("SlotPipeline refuses records that do not follow the last one, and sends them once", async () => {
  for (const lsn of [0, 2]) {
    let creates = 0;
    const { log } = await openWith(4, () => void creates++);
    await assertRejects(
      () => appendText(log, lsn, "x"),
      CorruptLogError,
      "its records do not follow record 0",
    );
    assertEquals(creates, 1);
  }
});

test("SlotPipeline.close() waits for what was sent if asked to, and gives up its requests otherwise", async () => {
  for (const waits of [true, false]) {
    let answer = () => {};
    const { log } = await openWith(
      1,
      () => ({ after: new Promise<void>((resolve) => answer = resolve) }),
    );
    const append = appendText(log, 1, "x").catch((error) => error.message);
    const closed = log.pipeline.close(waits, new Error("closed"));
    if (waits) answer();
    await closed;
    assertEquals(await append, waits ? "1 x" : "closed");
  }
});

test("SlotPipeline.close() gives up the look at what is in its way", async () => {
  let hasLooked = false;
  const { log, store } = await openWith(1, ({ operation }) => {
    if (operation !== "get") return;
    hasLooked = true;
    return { after: new Promise(() => {}) };
  });
  const { identity, state } = log.pipeline;
  const slot = state.slot + 1;
  const fence = encodeFence(identity.id, { epoch: 1, slot, time: 0 });
  await store.create(slotKey(slot), fence, { id: "late" });
  const append = appendText(log, 1, "x").catch((error) => error.message);
  while (!hasLooked) await undefined;
  await log.pipeline.close(false, new Error("closed"));
  assertEquals(await append, "closed");
});

/*
 * Goal: what a log's owners may leave behind is not damage, and what they cannot
 * have written is. Method: objects made one by one, and examined.
 */
import { examineObjects } from "../../../../storage/s3/log/examine_objects.ts";
import { encodeIdentity } from "../../../../storage/s3/log/log_identity.ts";
import { slotKey } from "../../../../storage/s3/log/slot_keys.ts";
import {
  emptyState,
  encodeFence,
  encodeSlot,
  SLOT_KIND,
  type SlotDraft,
} from "../../../../storage/s3/log/slot_object.ts";
import { MemoryObjectStore } from "../../../../storage/s3/mod.ts";
import { assertEquals } from "../../../kit/assert.ts";
import { test } from "../../../kit/register.ts";

const LOG = Uint8Array.from({ length: 16 }, (_, at) => at);

/** An object: its kind, its epoch, and what else matters. */
interface Made {
  readonly kind: keyof typeof SLOT_KIND;
  readonly epoch?: number;
  readonly firstLsn?: number;
  readonly count?: number;
  readonly firstSlot?: number;
  /** The slot that its writer knew to be settled. Default: the one before. */
  readonly settled?: number;
  /** The last LSN then. */
  readonly lastLsn?: number;
  /** Default: the log that is examined. */
  readonly log?: Uint8Array<ArrayBuffer>;
}

/** Puts objects in the slots from 1 on; `undefined` leaves one free. */
async function storeOf(
  ...objects: (Made | undefined)[]
): Promise<MemoryObjectStore> {
  const store = new MemoryObjectStore();
  const identity = encodeIdentity({ id: LOG, window: 4, firstLsn: 1 });
  await store.create("log", identity, { id: "log" });
  for (const [index, made] of objects.entries()) {
    if (made !== undefined) await put(store, index + 1, made);
  }
  return store;
}

async function put(
  store: MemoryObjectStore,
  slot: number,
  made: Made,
): Promise<void> {
  const { kind, epoch = 1, count = 0, settled = slot - 1, log = LOG } = made;
  const { firstLsn = 1, lastLsn = 0, firstSlot = 1 } = made;
  const bytes = kind === "fence"
    ? encodeFence(log, { epoch, slot, time: 0 })
    : encodeSlot(
      log,
      {
        ...{ kind: SLOT_KIND[kind], epoch, slot, time: 0, firstLsn, count },
        ...{ firstSlot, metaVersion: 0 },
        settled: { ...emptyState(1), slot: settled, lastLsn },
      } as SlotDraft,
      new Uint8Array(kind === "frame" ? 4 * count : 0),
    );
  await store.create(slotKey(slot), bytes, { id: `${slot}` });
}

/** What is wrong with such a log, as `key: reason`; and what was counted. */
async function examine(store: MemoryObjectStore) {
  const report = await examineObjects(store, new AbortController().signal);
  const { damages, records, lost, runs } = report;
  const voids = runs.reduce((sum, run) => sum + run.voids, 0);
  return {
    damages: damages.map(({ key, reason }) =>
      `${Number(key.slice(2))} ${reason}`
    ),
    ...{ records, lost, voids },
  };
}

const mark: Made = { kind: "mark" };

/** A frame of two records. */
function frame(firstLsn: number, others: Partial<Made> = {}): Made {
  return {
    kind: "frame",
    firstLsn,
    count: 2,
    lastLsn: firstLsn - 1,
    ...others,
  };
}

test("examineObjects() counts records, and those that are lost", async () => {
  const hole: Made = { kind: "hole", firstLsn: 3, count: 5, lastLsn: 2 };
  const store = await storeOf(mark, frame(1), hole, frame(8));
  const counted = { damages: [], records: 4, lost: 5, voids: 0 };
  assertEquals(await examine(store), counted);
});

test("examineObjects() does not mistake what displaced owners leave for damage", async () => {
  const fence: Made = { kind: "fence", epoch: 2 };
  const late: Made = { kind: "fence", epoch: 1 };
  const again = frame(5, { epoch: 2, lastLsn: 2, settled: 5 });
  const store = await storeOf(
    ...[mark, frame(1), fence, { ...mark, epoch: 2, lastLsn: 2 }],
    ...[frame(3), again, late, frame(3, { epoch: 2, settled: 4, lastLsn: 2 })],
    frame(5, { epoch: 2, settled: 5, lastLsn: 2 }),
  );
  const counted = { damages: [], records: 6, lost: 0, voids: 3 };
  assertEquals(await examine(store), counted);
});

test("examineObjects() finds an owner that left records out", async () => {
  const store = await storeOf(mark, frame(1), frame(4, { epoch: 2 }), frame(6));
  const { damages } = await examine(store);
  assertEquals(damages, ["3 it begins with record 4 instead of 3"]);
});

test("examineObjects() finds objects of another log", async () => {
  const log = LOG.map((byte) => byte + 1);
  const store = await storeOf(mark, frame(1, { log }), frame(3));
  const { damages } = await examine(store);
  assertEquals(damages.length, 1);
  assertEquals(damages[0].startsWith("2 log: expected 0001"), true);
});

test("examineObjects() knows a slot that is on its way from one that is missing", async () => {
  const onItsWay = await storeOf(
    ...[mark, frame(1), undefined],
    frame(5, { settled: 2, lastLsn: 2 }),
  );
  assertEquals(await examine(onItsWay), {
    ...{ damages: [], records: 2, lost: 0, voids: 0 },
  });
  const missing = await storeOf(
    ...[mark, frame(1), undefined, frame(5), frame(7, { settled: 3 })],
  );
  assertEquals((await examine(missing)).damages, ["3 it is missing"]);
});

test("examineObjects() leaves out what was dropped, but for fences", async () => {
  const dropping: Made = { ...mark, firstLsn: 5, firstSlot: 4, lastLsn: 6 };
  const store = await storeOf(
    ...[{ kind: "fence" } as const, undefined, frame(3), frame(5), dropping],
  );
  const counted = { damages: [], records: 2, lost: 0, voids: 0 };
  assertEquals(await examine(store), counted);
});

test("examineObjects() looks again if objects were removed meanwhile", async () => {
  let isDropped = false;
  const store = await storeOf(mark, frame(1), frame(3), frame(5));
  const get = store.get.bind(store);
  store.get = async (key, options) => {
    const isRead = key === slotKey(2) && options?.range === undefined;
    if (isRead && !isDropped) {
      isDropped = true;
      await put(store, 5, {
        ...{ kind: "mark", firstLsn: 3, firstSlot: 3, lastLsn: 6 },
      });
      for (const slot of [1, 2]) await store.remove(slotKey(slot));
    }
    return await get(key, options);
  };
  const counted = { damages: [], records: 4, lost: 0, voids: 0 };
  assertEquals(await examine(store), counted);
  assertEquals(isDropped, true);
});

test("examineObjects() ends when its signal is aborted", async () => {
  const store = await storeOf(mark, frame(1), frame(3));
  const signal = AbortSignal.abort(new Error("enough"));
  const ended = await examineObjects(store, signal).catch((error) => error);
  assertEquals(`${ended}`, "Error: enough");
});

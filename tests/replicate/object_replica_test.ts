/**
 * Tests replicas on an object store: the real engine, with a store that fails.
 *
 * @module
 */
import {
  NotReplicatedError,
  replicate,
  restoreReplica,
} from "../../replicate/mod.ts";
import {
  MemoryObjectStore,
  type ObjectCallEffect,
  ObjectLog,
} from "../../storage/s3/mod.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { Wal } from "../../wal.ts";
import { assert, assertEquals } from "../kit/assert.ts";
import { SMALL, stateOf } from "../kit/backup_kit.ts";
import { test } from "../kit/register.ts";
import { shareIndex, shareOf } from "../kit/share.ts";
import type { LogEngine } from "../../storage/log_engine.ts";

const RETRY = { deadlineMs: 60, tryMs: 30, backoffMs: 2 };

function engineOf(store: MemoryObjectStore): LogEngine {
  return new ObjectLog(store, { retry: RETRY });
}

test("replicate() keeps a log on an object store, and restoreReplica() brings it back", async () => {
  const store = new MemoryObjectStore();
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage, SMALL);
  const replica = await replicate(wal, engineOf(store), { limitMs: 1 });
  for (let lsn = 1; lsn <= 30; lsn++) {
    await wal.append(`record ${lsn}`, { ack: "remote", meta: `m${lsn}` });
  }
  await replica.close();
  await wal.close();
  const again = await Wal.open(storage, SMALL);
  const second = await replicate(again, engineOf(store), { limitMs: 1 });
  await again.append("after", { ack: "remote" });
  await second.close();
  await again.close();
  const target = new MemoryStorage();
  const report = await restoreReplica(engineOf(store), target);
  assertEquals(report.lastLsn, 31);
  assertEquals(await stateOf(target), await stateOf(storage));
  const half = new MemoryStorage();
  await restoreReplica(engineOf(store), half, { to: 10 });
  assertEquals((await stateOf(half)).texts.length, 10);
});

/** What may happen to a call on the way. */
const EFFECTS: readonly (ObjectCallEffect | undefined)[] = [
  { error: { status: 500, code: "InternalError" } },
  { error: { status: 0, code: "" }, isApplied: true },
  { after: new Promise(() => {}) },
];

/** Small random numbers, the same for a seed. */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };
}

test("a replica on an object store gets everything once, whatever is lost on the way", async () => {
  for (let seed = 1; seed <= 3; seed++) {
    const random = seeded(seed);
    let often = 0;
    const store = new MemoryObjectStore({
      onCall: () => random(100) < often ? EFFECTS[random(3)] : undefined,
    });
    const storage = new MemoryStorage();
    const wal = await Wal.open(storage, SMALL);
    often = 30;
    const replica = await replicate(wal, engineOf(store), {
      ...{ limitMs: 1, timeoutMs: 2000, warn() {} },
    });
    const acks: Promise<number>[] = [];
    for (let lsn = 1; lsn <= 40; lsn++) {
      acks.push(wal.append(`record ${lsn}`, { ack: "remote" }));
      if (random(3) === 0) await wal.flush();
      // For a while, nothing gets through.
      if (lsn === 20) often = 100;
      if (lsn === 25) await new Promise((end) => setTimeout(end, 150));
      if (lsn === 30) often = 20;
    }
    await Promise.all(acks);
    const { state, lsn, error } = replica.stats();
    assertEquals([state, lsn, error], ["live", 40, undefined], `seed ${seed}`);
    often = 0;
    await replica.close();
    await wal.close();
    const target = new MemoryStorage();
    await restoreReplica(engineOf(store), target);
    assertEquals(await stateOf(target), await stateOf(storage), `seed ${seed}`);
  }
});

test("two logs that fight for an object store never both confirm a record", async () => {
  for (let nth = 1; nth <= shareOf(8); nth++) {
    const seed = 8 * shareIndex + nth;
    const random = seeded(seed);
    const store = new MemoryObjectStore({
      onCall: () => random(100) < 10 ? EFFECTS[random(3)] : undefined,
    });
    const storage = new MemoryStorage();
    const wal = await Wal.open(storage, SMALL);
    await wal.append("shared");
    const copy = await Wal.open(storage.kill(), SMALL);
    const options = { limitMs: 1, timeoutMs: 500, warn() {} };
    const acked = new Map<number, string>();
    const appends: Promise<unknown>[] = [];
    const append = (log: Wal, text: string) => {
      const appending = log.append(text, { ack: "remote" });
      appends.push(appending.then((lsn) => {
        assertEquals(acked.get(lsn), undefined, `seed ${seed}`);
        acked.set(lsn, text);
      }, (error) => {
        assert(error instanceof NotReplicatedError, `seed ${seed}: ${error}`);
      }));
    };
    const one = await replicate(wal, engineOf(store), options);
    append(wal, "first");
    const taking = replicate(copy, engineOf(store), options)
      .catch(() => undefined);
    for (let n = 0; n < 10; n++) {
      append(wal, `one ${n}`);
      await new Promise((end) => setTimeout(end, random(10)));
    }
    const other = await taking;
    for (let n = 0; n < 10; n++) {
      append(wal, `late ${n}`);
      if (other !== undefined) append(copy, `other ${n}`);
      await new Promise((end) => setTimeout(end, random(10)));
    }
    await Promise.all([one, other].map((replica) => replica?.close()));
    await Promise.all(appends);
    await wal.close();
    await copy.close();
    const target = new MemoryStorage();
    await restored(store, target);
    const { texts } = await stateOf(target);
    for (const [lsn, text] of acked) {
      assertEquals(texts[lsn - 1], text, `seed ${seed}`);
    }
  }
});

/** Restores, again and again: each call goes on where the last one was. */
async function restored(
  store: MemoryObjectStore,
  target: MemoryStorage,
): Promise<void> {
  for (let tries = 1;; tries++) {
    try {
      return void await restoreReplica(engineOf(store), target);
    } catch (error) {
      if (tries === 50) throw error;
    }
  }
}

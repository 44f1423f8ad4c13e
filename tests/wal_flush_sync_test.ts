/**
 * Goal: `flushSync` and `closeSync` make all durable that was appended, whatever
 * the log is doing, or say that they cannot; what goes on meanwhile is neither
 * lost nor acknowledged early.
 *
 * @module
 */
import fc from "fast-check";
import { NodeStorage } from "../storage/directory/node_storage.ts";
import { MemoryStorage } from "../storage/memory/memory_storage.ts";
import { StorageFullError } from "../storage/storage_error.ts";
import { Wal } from "../wal.ts";
import type { WalOptions } from "../wal_options.ts";
import { FlushInProgressError } from "../writer/flush_in_progress_error.ts";
import { CountPolicy } from "../policies/count_policy.ts";
import { anotherTurn } from "./kit/another_turn.ts";
import {
  assert,
  assertEquals,
  assertRejects,
  assertThrows,
} from "./kit/assert.ts";
import { openWal } from "./kit/open_wal.ts";
import { explore, type LifeBody } from "../testing/mod.ts";
import { textsOf } from "./kit/reader_kit.ts";
import { test } from "./kit/register.ts";
import { slowSyncs } from "./kit/slow_syncs.ts";
import { withTempDir } from "./kit/temp_dir.ts";

const QUIET: WalOptions = { warn() {} };

/** A policy that never asks for a flush. */
const never = () => new CountPolicy({ records: 1000, whenIdle: "wait" });

/** Resolves once a sync alone has begun. */
async function syncing(wal: Wal): Promise<void> {
  while (wal.stats().busyMs === 0) await anotherTurn();
}

test("flushSync() makes durable what was appended, before it returns", async () => {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage, { policy: never() });
  const acked = wal.append("one");
  wal.enqueue("two", { ack: "memory" });
  assertEquals(wal.flushSync(), 2);
  assertEquals(wal.durableLsn, 2);
  const crashed = await Wal.open(storage.crash(() => 0), QUIET);
  assertEquals(await textsOf(crashed), ["one", "two"]);
  assertEquals(await acked, 1);
  assertEquals(wal.flushSync(), 2);
  assertEquals(await wal.append("three", { ack: "memory" }), 3);
  await wal.close();
});

test("flushSync() lets in what waits for room", async () => {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage, { maxQueuedRecords: 2, policy: never() });
  const acks = ["a", "b", "c", "d", "e"].map((record) => wal.append(record));
  assertEquals(wal.flushSync(), 5);
  assertEquals(wal.durableLsn, 5);
  assertEquals(await Promise.all(acks), [1, 2, 3, 4, 5]);
  await wal.close();
});

test("flushSync() writes beyond the size of a segment, which opens again", async () => {
  const storage = new MemoryStorage();
  const options = { ...QUIET, segmentBytes: 4096, policy: never() };
  const wal = await Wal.open(storage, options);
  const sent: string[] = [];
  for (let nth = 0; nth < 12; nth++) {
    sent.push(`${nth}`.padEnd(1500));
    wal.enqueue(sent.at(-1)!);
    if (nth % 3 === 0) wal.flushSync();
  }
  wal.flushSync();
  assertEquals(wal.segmentCount, 1);
  // It is full now: what follows begins another one.
  wal.enqueue("more");
  await wal.flush();
  assertEquals(wal.segmentCount, 2);
  wal.enqueue("and more");
  wal.closeSync();
  for (const next of [storage.kill(), storage.crash(() => 0)]) {
    const again = await Wal.open(next, options);
    assertEquals(await textsOf(again), [...sent, "more", "and more"]);
    again.enqueue("on");
    await again.close();
  }
});

test("flushSync() of a log whose records are all dropped begins a segment", async () => {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage, QUIET);
  await wal.append("dropped");
  await wal.truncateBefore(2);
  wal.enqueue("kept");
  wal.closeSync();
  for (const next of [storage.kill(), storage.crash(() => 0)]) {
    const again = await Wal.open(next, QUIET);
    assertEquals(await textsOf(again), ["kept"]);
    assertEquals(again.firstLsn, 2);
    await again.close();
  }
});

test("flushSync() acknowledges nothing at disk before a sync elsewhere ends", async () => {
  const { storage, slow, release } = slowSyncs();
  const wal = await Wal.open(storage);
  await wal.append("one");
  slow(true);
  let acked = 0;
  const second = wal.append("two").then((lsn) => acked = lsn);
  await anotherTurn(); // Its sync has begun.
  const third = wal.append("three").then((lsn) => acked = lsn);
  slow(false);
  assertEquals(wal.flushSync(), 3);
  assertEquals([wal.writtenLsn, wal.durableLsn], [3, 1]);
  const crashed = await Wal.open(storage.crash(() => 0), QUIET);
  assertEquals(await textsOf(crashed), ["one", "two", "three"]);
  await anotherTurn();
  assertEquals(acked, 0);
  release();
  assertEquals([await second, await third], [2, 3]);
  assertEquals(await wal.append("four"), 4);
  await wal.close();
});

test("flushSync() goes on after a sync elsewhere that covered nothing new", async () => {
  const { storage, slow, release } = slowSyncs();
  const wal = await Wal.open(storage, { synchronous: "normal" });
  await wal.append("one");
  slow(true);
  const flushed = wal.flush();
  await syncing(wal);
  wal.enqueue("two");
  slow(false);
  assertEquals(wal.flushSync(), 2);
  release();
  assertEquals(await flushed, 1);
  assertEquals(await wal.flush(), 2);
  await wal.close();
});

test("flushSync() that goes ahead of a sync leaves nothing counted as busy", async () => {
  for (const isQueued of [false, true]) {
    const { storage, slow, release } = slowSyncs();
    const wal = await Wal.open(storage, { synchronous: "normal" });
    await wal.append("one");
    slow(true);
    const flushed = wal.flush();
    await syncing(wal);
    if (isQueued) wal.enqueue("two");
    slow(false);
    wal.flushSync();
    release();
    await flushed;
    for (let nth = 0; nth < 3; nth++) await wal.append("more");
    await wal.flush();
    assertEquals(wal.stats().busyMs, 0);
    await wal.close();
  }
});

test("flushSync() refuses while a write is in progress, and writes nothing", async () => {
  const { wal, log, clock, close } = await openWal({}, { answer: "held" });
  assertThrows(() => wal.flushSync(), TypeError, "does not block");
  const closing = close();
  for (let turn = 0; turn < 9; turn++) {
    log.step();
    await clock.turn();
  }
  await closing;
  let release = () => {};
  const storage = new MemoryStorage({
    onCall: ({ operation }) =>
      operation === "link"
        ? { after: new Promise<void>((resolve) => release = resolve) }
        : undefined,
  });
  const busy = await Wal.open(storage);
  const acked = busy.append("one"); // It waits for its segment.
  await anotherTurn();
  busy.enqueue("two");
  assertThrows(() => busy.flushSync(), FlushInProgressError);
  assertThrows(() => busy.flushSync(), FlushInProgressError);
  release();
  assertEquals(await acked, 1);
  assertEquals(busy.flushSync(), 2);
  await busy.close();
});

test("flushSync() called by a policy is refused, and the log goes on", async () => {
  const errors: unknown[] = [];
  const storage = new MemoryStorage();
  const wal: Wal = await Wal.open(storage, {
    policy: {
      due() {
        try {
          wal.flushSync();
        } catch (error) {
          errors.push(error);
        }
        return 0;
      },
    },
  });
  assertEquals(await wal.append("one"), 1);
  assert(errors[0] instanceof FlushInProgressError);
  await wal.close();
});

test("flushSync() on a full disk rejects what has no space, and goes on later", async () => {
  let isFull = false;
  const storage = new MemoryStorage({
    onCall: ({ operation }) =>
      isFull && operation === "write" ? { error: "ENOSPC" } : undefined,
  });
  const wal = await Wal.open(storage);
  await wal.append("one");
  isFull = true;
  const lost = assertRejects(() => wal.append("two"), StorageFullError);
  assertThrows(() => wal.flushSync(), StorageFullError);
  await lost;
  assertEquals(wal.health.status, "degraded");
  isFull = false;
  assertEquals(await wal.append("two"), 2);
  assertEquals(wal.health.status, "healthy");
  await wal.close();
});

test("flushSync() that fails stops the log", async () => {
  let isBroken = false;
  const storage = new MemoryStorage({
    onCall: ({ operation }) =>
      isBroken && operation === "datasync" ? { error: "EIO" } : undefined,
  });
  const wal = await Wal.open(storage);
  await wal.append("one");
  isBroken = true;
  const lost = assertRejects(() => wal.append("two"));
  assertThrows(() => wal.flushSync(), Error, "the log has failed");
  await lost;
  await assertRejects(() => wal.append("three"));
  wal.closeSync();
  isBroken = false;
  const next = await Wal.open(storage.kill(), QUIET);
  assertEquals((await textsOf(next))[0], "one");
  await next.close();
});

test("closeSync() frees the log for others, and a second call does nothing", () =>
  withTempDir(async (dir) => {
    for (const io of ["blocking", "threaded"] as const) {
      const wal = await Wal.open(new NodeStorage(dir, { io }));
      const before = wal.lastLsn;
      wal.enqueue("one");
      const acked = wal.append("two");
      wal.closeSync();
      assertEquals(await acked, before + 2);
      wal.closeSync();
      await wal.close();
      await assertRejects(() => wal.append("late"), Error, "closed");
      assertThrows(() => wal.flushSync(), Error, "closed");
      const again = await Wal.open(dir);
      assertEquals(again.lastLsn, before + 2);
      await again.close();
    }
  }));

test("closeSync() during a close flushes, and leaves the rest to that", async () => {
  const { storage, slow, release } = slowSyncs();
  const wal = await Wal.open(storage);
  await wal.append("one");
  slow(true);
  const appended = wal.append("two");
  await anotherTurn(); // Its sync has begun.
  wal.enqueue("three");
  const closed = wal.close();
  slow(false);
  wal.closeSync();
  const crashed = await Wal.open(storage.crash(() => 0), QUIET);
  assertEquals(await textsOf(crashed), ["one", "two", "three"]);
  release();
  assertEquals(await appended, 2);
  await closed;
  wal.closeSync();
});

test("flushSync() between any other calls loses and doubles nothing", async () => {
  const steps = fc.array(
    fc.constantFrom("enqueue", "append", "sync", "turn", "slow", "release"),
    { maxLength: 30 },
  );
  await fc.assert(
    fc.asyncProperty(steps, async (steps) => {
      const { storage, slow, release } = slowSyncs();
      const wal = await Wal.open(storage, { ...QUIET, segmentBytes: 4096 });
      const sent: string[] = [];
      const acks: Promise<number>[] = [];
      for (const step of steps) {
        const text = `${sent.length}`.padEnd(900);
        if (step === "enqueue") sent[wal.enqueue(text) - 1] = text;
        else if (step === "append") {
          acks.push(wal.append(text));
          sent.push(text);
        } else if (step === "turn") await anotherTurn();
        else if (step === "slow") slow(true);
        else if (step === "release") release();
        else {
          slow(false);
          try {
            wal.flushSync();
          } catch (error) {
            if (!(error instanceof FlushInProgressError)) throw error;
            continue;
          }
          const crashed = await Wal.open(storage.crash(() => 0), QUIET);
          assertEquals(await textsOf(crashed), sent);
          await crashed.close();
        }
      }
      slow(false);
      const closing = wal.close();
      for (let turn = 0; turn < 5; turn++) {
        release();
        await anotherTurn();
      }
      await closing;
      for (const [nth, lsn] of (await Promise.all(acks)).entries()) {
        assert(lsn > nth);
      }
      const again = await Wal.open(storage, QUIET);
      assertEquals(await textsOf(again), sent);
      await again.close();
    }),
    { numRuns: 60 },
  );
});

/** The last of the records "1", "2", … that must be there, or may be. */
interface Sent {
  last: number;
  isSure: boolean;
}

/** Records at `memory`, flushed by calls that block, over several segments. */
const workload: LifeBody<Sent> = async ({ storage, clock, note }) => {
  const wal = await Wal.open(storage, {
    ...QUIET,
    clock,
    segmentBytes: 4096,
    reserveBytes: 512,
  });
  for (let last = 1; last <= 8; last++) {
    note({ last, isSure: false });
    const bytes = last === 4 ? 5000 : 1000;
    wal.enqueue(`${last}`.padEnd(bytes), { ack: "memory" });
    if (last === 6) await wal.append("".padEnd(9), { ack: "os" });
    if (last === 2) continue;
    wal.flushSync();
    note({ last, isSure: true });
  }
  wal.closeSync();
};

const check: LifeBody<Sent> = async ({ storage, clock, facts }) => {
  const wal = await Wal.open(storage, { ...QUIET, clock, reserveBytes: 512 });
  const texts = (await textsOf(wal)).map((text) => text.trim());
  const numbers = texts.filter((text) => /^\d+$/.test(text)).map(Number);
  for (const [index, number] of numbers.entries()) {
    assertEquals(number, index + 1);
  }
  const sure = facts.findLast(({ isSure }) => isSure)?.last ?? 0;
  const sent = facts.at(-1)?.last ?? 0;
  assert(numbers.length >= sure, `${sure} are lost: found ${numbers}`);
  assert(numbers.length <= sent);
  await wal.append("and on");
  await wal.close();
};

for (const fileSystem of ["posix", "ext4"] as const) {
  test(`flushSync() loses nothing, whatever a crash leaves: ${fileSystem}`, async () => {
    const options = { fileSystem, bound: 12, samples: 2, print: () => {} };
    const { states } = await explore(workload, check, options);
    assert(states > 40, `${states}`);
  });
}

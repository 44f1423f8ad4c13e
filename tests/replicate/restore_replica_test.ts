/**
 * Tests that a replica becomes a log again: up to any record or time, and after
 * a kill at any step.
 *
 * @module
 */
import {
  BackupError,
  ForeignReplicaError,
  replicate,
  restoreReplica,
} from "../../replicate/mod.ts";
import { CorruptLogError } from "../../storage/corrupt_log_error.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import type { Storage } from "../../storage/storage.ts";
import { VirtualClock } from "../../testing/virtual_clock.ts";
import { Wal } from "../../wal.ts";
import { assert, assertEquals, assertRejects } from "../kit/assert.ts";
import { SMALL, stateOf, watched } from "../kit/backup_kit.ts";
import { ReplicaEngine } from "../kit/replica_engine.ts";
import { test } from "../kit/register.ts";

/** A replica of records with a hole, metadata, and times 10 ms apart. */
function makeReplica(records = 12): ReplicaEngine {
  const engine = new ReplicaEngine();
  engine.epoch = 1;
  engine.meta = { version: 3, bytes: new TextEncoder().encode("the meta") };
  const encode = (lsn: number) =>
    new TextEncoder().encode(`${lsn} `.padEnd(1000, "."));
  for (let lsn = 1; lsn <= records; lsn++) {
    const time = lsn * 10;
    const isHole = lsn === 5;
    engine.frames.push(
      isHole
        ? { firstLsn: lsn, records: [], lost: 2, time }
        : { firstLsn: lsn, records: [encode(lsn), encode(lsn + 1)], time },
    );
    engine.lastLsn = ++lsn;
  }
  return engine;
}

/** What a log of that replica holds, up to record `lsn`. */
function expected(engine: ReplicaEngine, lsn = engine.lastLsn) {
  return {
    firstLsn: 1,
    texts: engine.texts.slice(0, lsn),
    snapshot: undefined,
    meta: "the meta",
  };
}

test("restoreReplica() makes a log up to every record", async () => {
  const engine = makeReplica();
  for (let to = 0; to <= engine.lastLsn; to++) {
    const target = new MemoryStorage();
    const report = await restoreReplica(engine, target, {
      ...{ to, segmentBytes: 4096 },
    });
    assertEquals([report.firstLsn, report.lastLsn], [1, to]);
    const crashed = target.crash(() => 0);
    assertEquals(await stateOf(crashed), expected(engine, to));
    assertEquals(await stateOf(target), expected(engine, to));
    // It goes on, and recovers, like any other.
    const wal = await Wal.open(target, SMALL);
    assertEquals(await wal.append("more"), to + 1);
    const later = await Wal.open(target.crash(() => 0), SMALL);
    assertEquals(later.lastLsn, to + 1);
    await later.close();
    await wal.close();
  }
  for (const to of [-1, engine.lastLsn + 1]) {
    await assertRejects(
      () => restoreReplica(engine, new MemoryStorage(), { to }),
      RangeError,
    );
  }
});

test("restoreReplica() makes a log up to every time, with the times of records", async () => {
  const engine = makeReplica();
  for (let time = 10; time < 150; time += 5) {
    const target = new MemoryStorage();
    const { lastLsn } = await restoreReplica(engine, target, {
      ...{ to: new Date(time), segmentBytes: 4096 },
    });
    const within = engine.frames.filter((frame) => frame.time! <= time);
    const { firstLsn, records, lost } = within.at(-1)!;
    assertEquals(lastLsn, firstLsn + (lost ?? records.length) - 1);
    const wal = await Wal.open(target, SMALL);
    assertEquals(await wal.lsnAt(10), 1);
    if (lastLsn >= 4) assertEquals(await wal.lsnAt(11), 3);
    await wal.close();
  }
  await assertRejects(
    () => restoreReplica(engine, new MemoryStorage(), { to: new Date(9) }),
    RangeError,
    "a time not before that of record 1",
  );
});

test("restoreReplica() goes on after a kill or a power loss at every call", async () => {
  const engine = makeReplica();
  const options = { segmentBytes: 4096 };
  let calls = 0;
  await restoreReplica(
    engine,
    watched(new MemoryStorage(), (call) => void (calls = call + 1)),
    options,
  );
  assert(calls > 30, `${calls}`);
  for (let stop = 0; stop < calls; stop++) {
    for (const survive of ["kill", "crash"] as const) {
      const target = new MemoryStorage();
      const left = await leftAfter(
        stop,
        target,
        survive,
        (storage) => restoreReplica(engine, storage, options),
      );
      const copy = left.kill();
      const opened = await openedState(copy);
      if (opened !== undefined) assertEquals(opened, expected(engine));
      const again = left.kill();
      await restoreReplica(engine, again, options).catch((error) => {
        // All was done, and another opening would find it.
        assert(error instanceof BackupError, `${stop}: ${error}`);
        assert(opened !== undefined, `${stop}: ${error}`);
      });
      assertEquals(await stateOf(again), expected(engine), `${stop}`);
    }
  }
});

test("restoreReplica() goes on after two kills at any calls, each time to another record", async () => {
  const seed = 7;
  let state = seed;
  const random = (below: number) =>
    (state = state * 48271 % 2147483647) % below;
  const options = { segmentBytes: 4096 };
  for (let round = 0; round < 300; round++) {
    const engine = makeReplica();
    let target = new MemoryStorage();
    for (let kill = 0; kill < 2; kill++) {
      const to = [4, 7, 10, 12][random(4)];
      const survive = random(2) === 0 ? "kill" : "crash";
      target = await leftAfter(
        random(40),
        target,
        survive,
        (storage) => restoreReplica(engine, storage, { ...options, to }),
      );
      const opened = await openedState(target.kill());
      if (opened === undefined) continue;
      assertEquals(opened, expected(engine, opened.texts.length));
    }
    // What an earlier call has restored is kept even if it is dropped there.
    engine.firstLsn = [1, 3, 9][random(3)];
    const to = [8, 10, 12][random(3)];
    const done = await restoreReplica(engine, target, { ...options, to })
      .catch((error) => error);
    if (done instanceof BackupError) continue; // It was restored before.
    assertEquals(done.lastLsn, to, `seed ${seed}, round ${round}: ${done}`);
    const { texts, ...rest } = await stateOf(target);
    const { texts: all, ...others } = expected(engine, to);
    assertEquals(texts, all.slice(done.firstLsn - 1));
    assertEquals(rest, { ...others, firstLsn: done.firstLsn });
  }
});

/** What is left in `target` if a process ends before call `stop`. */
async function leftAfter(
  stop: number,
  target: MemoryStorage,
  survive: "kill" | "crash",
  act: (storage: Storage) => Promise<unknown>,
): Promise<MemoryStorage> {
  let left: MemoryStorage | undefined;
  const storage = watched(target, (call) => {
    if (call < stop) return;
    left ??= survive === "kill" ? target.kill() : target.crash(() => 0);
    throw new Error("killed");
  });
  await act(storage).catch(() => {});
  return left ?? target.kill();
}

/** What a directory holds as a log; `undefined` if it does not open. */
async function openedState(storage: MemoryStorage) {
  const isEmpty = !storage.list().some((name) => !name.endsWith(".lock"));
  if (isEmpty) return undefined;
  try {
    const state = await stateOf(storage);
    return state.texts.length === 0 && state.meta === undefined
      ? undefined
      : state;
  } catch (error) {
    assert(error instanceof CorruptLogError, `${error}`);
    return undefined;
  }
}

test("restoreReplica() keeps what an earlier call has restored", async () => {
  const engine = makeReplica(40);
  const options = { segmentBytes: 4096 };
  const target = new MemoryStorage();
  let reads = 0;
  engine.onCall = (call) =>
    call === "read" && ++reads > 15 ? "fail" : undefined;
  await assertRejects(() => restoreReplica(engine, target, options));
  engine.onCall = () => {};
  engine.calls.length = 0;
  const told: number[] = [];
  const report = await restoreReplica(engine, target, {
    ...options,
    onProgress: ({ lsn }) => void told.push(lsn),
  });
  assert(report.keptBytes > 10_000, `${report.keptBytes}`);
  assertEquals(told.at(-1), 40);
  assertEquals(await stateOf(target), expected(engine));
});

test("restoreReplica() does not go on with a part of another replica, or a damaged one", async () => {
  const options = { segmentBytes: 4096 };
  const half = async () => {
    const engine = makeReplica(40);
    const target = new MemoryStorage();
    let reads = 0;
    engine.onCall = (call) =>
      call === "read" && ++reads > 15 ? "fail" : undefined;
    await assertRejects(() => restoreReplica(engine, target, options));
    return target.kill();
  };
  const other = makeReplica(40);
  for (const frame of other.frames) {
    for (const record of frame.records) record[3] ^= 1;
  }
  const error = await assertRejects(
    async () => await restoreReplica(other, await half(), options),
    ForeignReplicaError,
  );
  assertEquals(error.problem, "other-records");
  const damaged = await half();
  const [, second] = damaged.list().filter((name) => name.endsWith(".wal"))
    .sort();
  const bytes = damaged.get(second)!.slice();
  bytes[200] ^= 1;
  damaged.put(second, bytes);
  const engine = makeReplica(40);
  const report = await restoreReplica(engine, damaged, options);
  assert(report.keptBytes < 5000, `${report.keptBytes}`);
  assertEquals(await stateOf(damaged), expected(engine));
  // Up to an earlier record, it begins again.
  const shorter = await half();
  await restoreReplica(engine, shorter, { ...options, to: 3 });
  assertEquals(await stateOf(shorter), expected(engine, 3));
});

test("restoreReplica() refuses a directory that holds anything else", async () => {
  const engine = makeReplica();
  const wal = new MemoryStorage();
  await (await Wal.open(wal, SMALL)).close();
  const before = wal.list();
  await assertRejects(() => restoreReplica(engine, wal), BackupError);
  assertEquals(wal.list(), before);
  await assertRejects(
    () => restoreReplica(new ReplicaEngine(), new MemoryStorage()),
    Error,
    "there is no log",
  );
});

test("restoreReplica() makes the same log as replicate() has read", async () => {
  const clock = new VirtualClock();
  const engine = new ReplicaEngine();
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage, { ...SMALL, clock });
  const replica = await clock.run(
    replicate(wal, engine, { clock, limitMs: 10 }),
  );
  for (let lsn = 1; lsn <= 30; lsn++) {
    await clock.run(wal.append(`record ${lsn}`.repeat(30)));
    await clock.advance(100);
  }
  await clock.run(wal.setMeta("what it is"));
  await clock.advance(2000);
  await clock.run(replica.close());
  await clock.run(wal.close());
  const restored = new MemoryStorage();
  await restoreReplica(engine, restored, { segmentBytes: 4096 });
  assertEquals(await stateOf(restored), await stateOf(storage));
  const [one, other] = await Promise.all(
    [storage, restored].map((place) => Wal.open(place.kill(), SMALL)),
  );
  for (let time = 0; time <= 3000; time += 50) {
    assertEquals(await other.lsnAt(time), await one.lsnAt(time));
  }
  await one.close();
  await other.close();
});

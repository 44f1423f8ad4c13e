/**
 * Tests what happens if a log and its replica part: no record is confirmed by
 * another one, and histories do not mix.
 *
 * @module
 */
import {
  ForeignReplicaError,
  NotReplicatedError,
  replicate,
  type ReplicateOptions,
  restoreReplica,
} from "../../replicate/mod.ts";
import { TruncatedError } from "../../storage/frame_log.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { VirtualClock } from "../../testing/virtual_clock.ts";
import { Wal } from "../../wal.ts";
import type { WalOptions } from "../../wal_options.ts";
import { assert, assertEquals, assertRejects } from "../kit/assert.ts";
import { ReplicaEngine } from "../kit/replica_engine.ts";
import { test } from "../kit/register.ts";

const QUICK: ReplicateOptions = { limitMs: 0, warn() {} };

const SMALL: WalOptions = { segmentBytes: 4096, reserveBytes: 0, warn() {} };

/** Lets everything happen that waits for nothing else. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) {
    await new Promise((resolve) => setTimeout(resolve));
  }
}

test('ack: "remote" is never kept by a record that was cut off, or by its successor', async () => {
  for (const replicated of [1, 3]) {
    const engine = new ReplicaEngine();
    const clock = new VirtualClock();
    const wal = await Wal.open(new MemoryStorage(), SMALL);
    const replica = await replicate(wal, engine, { ...QUICK, clock });
    for (let lsn = 1; lsn <= replicated; lsn++) await wal.append("old");
    await clock.run(replica.waitFor(replicated));
    engine.onCall = () => "fail";
    const old = wal.append("old", { ack: "remote" }).catch((error) => error);
    while (replica.stats().state !== "degraded") await clock.advance(1);
    await wal.truncateAfter(1);
    const now = wal.append("new", { ack: "remote" }).catch((error) => error);
    await settle();
    assert(await old instanceof TruncatedError);
    engine.onCall = () => {};
    const outcome = await clock.run(now);
    if (replicated === 1) {
      assertEquals(outcome, 2);
      assertEquals(engine.texts, ["old", "new"]);
    } else {
      assert(outcome instanceof NotReplicatedError, `${outcome}`);
      assert(outcome.cause instanceof ForeignReplicaError);
      const { state, lsn } = replica.stats();
      assertEquals([state, lsn], ["failed", 1]);
      assertEquals(engine.texts, ["old", "old", "old"]);
    }
    await clock.run(replica.close());
    await wal.close();
  }
});

test("a frame that was on its way when the log was cut back confirms nothing", async () => {
  const engine = new ReplicaEngine();
  const wal = await Wal.open(new MemoryStorage(), SMALL);
  const replica = await replicate(wal, engine, QUICK);
  await wal.append("one", { ack: "remote" });
  let go = () => {};
  const gate = new Promise<void>((resolve) => go = resolve);
  engine.pace = () => gate;
  await wal.append("old");
  while (engine.inFlight === 0) await settle();
  await wal.truncateAfter(1);
  const now = wal.append("new", { ack: "remote" });
  go();
  const error = await assertRejects(() => now, NotReplicatedError);
  assert(error.cause instanceof ForeignReplicaError);
  await replica.close();
  await wal.close();
});

test("a takeover that is refused leaves the replica to its log", async () => {
  const engine = new ReplicaEngine();
  const wal = await Wal.open(new MemoryStorage(), SMALL);
  const replica = await replicate(wal, engine, QUICK);
  await wal.append("one", { ack: "remote" });
  const restored = new MemoryStorage();
  await restoreReplica(engine, restored);
  await wal.append("two", { ack: "remote" });
  const other = await Wal.open(restored, SMALL);
  const options = { ...QUICK, takeOver: true };
  const refused = await assertRejects(
    () => replicate(other, engine, options),
    ForeignReplicaError,
  );
  assertEquals(refused.problem, "ahead");
  await replica.close();
  const again = await replicate(wal, engine, QUICK);
  await wal.append("three", { ack: "remote" });
  assertEquals(engine.texts, ["one", "two", "three"]);
  await again.close();
  await wal.close();
  await other.close();
});

test("replicate() refuses a replica that parted from the log before many equal records", async () => {
  const engine = new ReplicaEngine();
  const clock = new VirtualClock();
  const storage = new MemoryStorage();
  const options = { ...SMALL, clock };
  const one = await Wal.open(storage, options);
  await clock.run(one.append("shared"));
  const other = await Wal.open(storage.kill(), options);
  for (const [wal, name] of [[one, "one"], [other, "other"]] as const) {
    await clock.run(wal.append(name));
    for (let lsn = 3; lsn <= 100; lsn++) await clock.run(wal.append("tick"));
    await clock.advance(1000);
  }
  const replica = await replicate(one, engine, { ...QUICK, clock });
  await clock.run(replica.waitFor(100));
  await clock.run(replica.close());
  const { epoch } = engine;
  const refused = await assertRejects(
    () => clock.run(replicate(other, engine, { ...QUICK, clock })),
    ForeignReplicaError,
    "its record 2 is not that of this log",
  );
  assertEquals(refused.problem, "other-records");
  assertEquals(engine.epoch, epoch);
  const again = await clock.run(replicate(one, engine, { ...QUICK, clock }));
  assertEquals(again.stats().state, "live");
  await clock.run(again.close());
  for (const wal of [one, other]) await clock.run(wal.close());
});

test("restoreReplica() does not go on with another replica that has the same records", async () => {
  const engines: ReplicaEngine[] = [];
  for (const time of [1000, 2000]) {
    const engine = new ReplicaEngine();
    engine.epoch = 1;
    for (let lsn = 1; lsn <= 100; lsn++) {
      const records = [new Uint8Array(100)];
      engine.frames.push({ firstLsn: lsn, records, time: time + lsn });
    }
    engine.lastLsn = 100;
    engines.push(engine);
  }
  const [one, other] = engines;
  const target = new MemoryStorage();
  const stop = new AbortController();
  let reads = 0;
  one.onCall = (call) => {
    if (call === "read" && ++reads === 90) stop.abort();
  };
  const options = { segmentBytes: 4096, signal: stop.signal };
  await assertRejects(() => restoreReplica(one, target, options));
  await assertRejects(
    () => restoreReplica(other, target),
    ForeignReplicaError,
    "holds a part of another replica",
  );
  const { lastLsn, keptBytes } = await restoreReplica(one, target);
  assertEquals(lastLsn, 100);
  assert(keptBytes > 0);
});

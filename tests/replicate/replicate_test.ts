/**
 * Tests how a log is replicated: what the replica gets, and when, what
 * `ack: "remote"` means, and what is refused.
 *
 * @module
 */
import {
  ForeignReplicaError,
  NotReplicatedError,
  ReplicaGapError,
  replicate,
  type ReplicateOptions,
} from "../../replicate/mod.ts";
import { WalReader } from "../../reader/wal_reader.ts";
import { FencedError } from "../../storage/frame_log.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { VirtualClock } from "../../testing/virtual_clock.ts";
import { Wal } from "../../wal.ts";
import type { WalOptions } from "../../wal_options.ts";
import { assert, assertEquals, assertRejects } from "../kit/assert.ts";
import { ReplicaEngine } from "../kit/replica_engine.ts";
import { test } from "../kit/register.ts";

const QUICK: ReplicateOptions = { limitMs: 0, warn() {} };

const SMALL: WalOptions = { segmentBytes: 4096, reserveBytes: 0, warn() {} };

test("replicate() copies what is there, and what comes", async () => {
  for (const depth of [0, 1, 4]) {
    const wal = await Wal.open(new MemoryStorage(), SMALL);
    await wal.appendBatch(["one", "two"]);
    const engine = new ReplicaEngine(depth);
    const replica = await replicate(wal, engine, QUICK);
    await replica.waitFor(2);
    assertEquals(replica.stats().state, "live");
    for (let lsn = 3; lsn <= 50; lsn++) await wal.append(`record ${lsn}`);
    await replica.waitFor(50);
    assertEquals(engine.texts.slice(0, 3), ["one", "two", "record 3"]);
    assertEquals(engine.texts.length, 50);
    const { state, lsn, lagRecords, lagMs, error } = replica.stats();
    assertEquals({ state, lsn, lagRecords, lagMs, error }, {
      ...{ state: "live", lsn: 50, lagRecords: 0, lagMs: 0 },
      error: undefined,
    });
    assertEquals(wal.stats().replica?.lsn, 50);
    await replica.close();
    assertEquals(replica.stats().state, "closed");
    assertEquals(wal.stats().replica, undefined);
    await wal.close();
  }
});

test("replicate() continues where the replica ends, from any process", async () => {
  const storage = new MemoryStorage();
  const engine = new ReplicaEngine();
  for (let round = 0; round < 3; round++) {
    const wal = await Wal.open(storage, SMALL);
    await wal.append(`round ${round}`);
    const reader = await WalReader.open(storage);
    const source = round === 1 ? reader : wal;
    const replica = await replicate(source, engine, QUICK);
    await replica.waitFor(1);
    await wal.append(`later ${round}`);
    await wal.close();
    await reader.refresh();
    if (round === 1) await replica.waitFor(4);
    await replica.close();
    await reader.close();
  }
  const wal = await Wal.open(storage, SMALL);
  const replica = await replicate(wal, engine, QUICK);
  await replica.waitFor(6);
  assertEquals(
    engine.texts,
    [0, 1, 2].flatMap(
      (round) => [`round ${round}`, `later ${round}`],
    ),
  );
  await replica.close();
  await wal.close();
});

test('append() with ack: "remote" resolves once the record is in both places', async () => {
  const wal = await Wal.open(new MemoryStorage(), SMALL);
  const engine = new ReplicaEngine();
  const replica = await replicate(wal, engine, QUICK);
  for (let lsn = 1; lsn <= 10; lsn++) {
    assertEquals(await wal.append(`${lsn}`, { ack: "remote" }), lsn);
    assertEquals(engine.lastLsn, lsn);
  }
  const range = await wal.appendBatch(["a", "b"], { ack: "remote" });
  assertEquals(range.last, 12);
  assertEquals(engine.texts.at(-1), "b");
  const receipt = await wal.append("c", { ack: "remote", receipt: true });
  assertEquals([receipt.lsn, engine.lastLsn], [13, 13]);
  await replica.close();
  await wal.close();
});

test('append() refuses ack: "remote" without a replica, and appends nothing', async () => {
  const wal = await Wal.open(new MemoryStorage(), SMALL);
  await assertRejects(
    () => wal.append("x", { ack: "remote" }),
    TypeError,
    'ack must be other than "remote" unless a replica is attached',
  );
  const replica = await replicate(wal, new ReplicaEngine(), QUICK);
  await replica.close();
  await assertRejects(
    () => wal.appendBatch(["x"], { ack: "remote" }),
    TypeError,
  );
  assertEquals(wal.lastLsn, 0);
  await wal.close();
});

test("replicate() fences a former primary, which then confirms nothing", async () => {
  const engine = new ReplicaEngine();
  const storage = new MemoryStorage();
  const first = await Wal.open(storage, SMALL);
  await first.append("shared");
  const one = await replicate(first, engine, QUICK);
  await one.waitFor(1);
  const copy = await Wal.open(storage.kill(), SMALL);
  const other = await replicate(copy, engine, QUICK);
  await other.waitFor(1);
  const lost = first.append("of the former", { ack: "remote" });
  const error = await assertRejects(() => lost, NotReplicatedError);
  assert(error.cause instanceof FencedError);
  assertEquals(error.lsn, 2);
  assertEquals(first.durableLsn, 2);
  assertEquals(one.stats().state, "fenced");
  await copy.append("of the latter", { ack: "remote" });
  assertEquals(engine.texts, ["shared", "of the latter"]);
  // It does not even append any more, and does not fight.
  const again = await assertRejects(
    () => first.append("more", { ack: "remote" }),
    NotReplicatedError,
  );
  assertEquals(again.lsn, undefined);
  assertEquals(first.lastLsn, 2);
  assertEquals(engine.epoch, 2);
  await one.close();
  await other.close();
  await first.close();
  await copy.close();
});

test("replicate() does not fence a successor after a failure of its own", async () => {
  const engine = new ReplicaEngine();
  const clock = new VirtualClock();
  const storage = new MemoryStorage();
  const first = await Wal.open(storage, SMALL);
  await first.append("shared");
  const one = await replicate(first, engine, { ...QUICK, clock });
  await clock.run(one.waitFor(1));
  engine.onCall = (call) => call === "commit" ? "fail" : undefined;
  await first.append("not there");
  while (one.stats().state !== "degraded") await clock.advance(1);
  engine.onCall = () => {};
  const copy = await Wal.open(storage.kill(), SMALL);
  await copy.truncateAfter(1);
  const other = await replicate(copy, engine, QUICK);
  const { epoch } = engine;
  const waiting = one.waitFor(2).catch((error) => error);
  const error = await clock.run(waiting);
  assert(error instanceof NotReplicatedError);
  assert(error.cause instanceof FencedError, `${error.cause}`);
  assertEquals(engine.epoch, epoch);
  await copy.append("of the successor", { ack: "remote" });
  assertEquals(engine.texts, ["shared", "of the successor"]);
  assertEquals(other.stats().state, "live");
  await clock.run(one.close());
  await other.close();
  await first.close();
  await copy.close();
});

test("replicate() refuses the replica of another log, unless it takes over", async () => {
  const engine = new ReplicaEngine();
  const [one, other] = [
    await Wal.open(new MemoryStorage(), SMALL),
    await Wal.open(new MemoryStorage(), SMALL),
  ];
  for (const wal of [one, other]) await wal.append("the same");
  const first = await replicate(one, engine, QUICK);
  await first.waitFor(1);
  const { epoch } = engine;
  const refused = await assertRejects(
    () => replicate(other, engine, QUICK),
    ForeignReplicaError,
  );
  assertEquals(refused.problem, "other-log");
  assertEquals(engine.epoch, epoch);
  const second = await replicate(other, engine, { ...QUICK, takeOver: true });
  await other.append("more", { ack: "remote" });
  await assertRejects(
    () => one.append("late", { ack: "remote" }),
    NotReplicatedError,
  );
  await first.close();
  const back = await assertRejects(
    () => replicate(one, engine, QUICK),
    ForeignReplicaError,
  );
  assertEquals(back.problem, "other-log");
  await second.close();
  await one.close();
  await other.close();
});

test("replicate() refuses a replica that has other records, or more", async () => {
  const engine = new ReplicaEngine();
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage, SMALL);
  await wal.appendBatch(["one", "two"]);
  await (await replicate(wal, engine, QUICK)).close();
  assertEquals(engine.lastLsn, 2);
  await wal.truncateAfter(1);
  const ahead = await assertRejects(
    () => replicate(wal, engine, QUICK),
    ForeignReplicaError,
  );
  assertEquals(ahead.problem, "ahead");
  await wal.appendBatch(["2", "3"]);
  const { epoch } = engine;
  for (const takeOver of [false, true]) {
    const other = await assertRejects(
      () => replicate(wal, engine, { ...QUICK, takeOver }),
      ForeignReplicaError,
      "its record 2 is not that of this log",
    );
    assertEquals(other.problem, "other-records");
  }
  assertEquals(engine.epoch, epoch);
  assertEquals(wal.stats().replica, undefined);
  await wal.close();
});

test("replicate() fails if the log is cut back below what is there", async () => {
  const engine = new ReplicaEngine();
  const wal = await Wal.open(new MemoryStorage(), SMALL);
  const replica = await replicate(wal, engine, QUICK);
  await wal.append("one", { ack: "remote" });
  await wal.append("two", { ack: "remote" });
  await wal.truncateAfter(1);
  await wal.append("2");
  const error = await assertRejects(
    () => replica.waitFor(3),
    NotReplicatedError,
  );
  assert(error.cause instanceof ForeignReplicaError);
  assertEquals(replica.stats().state, "failed");
  assertEquals(engine.texts, ["one", "two"]);
  await replica.close();
  await wal.close();
});

test("replicate() refuses to leave a gap, and holds back what would be one", async () => {
  const engine = new ReplicaEngine();
  const wal = await Wal.open(new MemoryStorage(), SMALL);
  await wal.append("one");
  await (await replicate(wal, engine, QUICK)).close();
  await wal.appendBatch(["two", "three"]);
  await wal.truncateBefore(3);
  const gap = await assertRejects(
    () => replicate(wal, engine, QUICK),
    ReplicaGapError,
  );
  assertEquals([gap.lastLsn, gap.firstLsn], [1, 3]);
  // A new place begins with the log.
  const other = new ReplicaEngine();
  other.onCall = (call) => call === "commit" ? "stuck" : undefined;
  const replica = await replicate(wal, other, QUICK);
  assertEquals(await wal.truncateBefore(4), 3);
  await replica.close({ drainMs: 0 });
  assertEquals(await wal.truncateBefore(4), 4);
  await wal.close();
});

test("replicate() holds back no more than holdBytes", async () => {
  const engine = new ReplicaEngine();
  const warnings: string[] = [];
  const wal = await Wal.open(new MemoryStorage(), SMALL);
  engine.onCall = (call) => call === "commit" ? "fail" : undefined;
  const replica = await replicate(wal, engine, {
    ...{ ...QUICK, holdBytes: 10_000 },
    warn: (message) => void warnings.push(message),
  });
  let dropped = 0;
  for (let lsn = 1; lsn <= 20; lsn++) {
    await wal.append("x".repeat(1000));
    dropped = await wal.truncateBefore(lsn);
  }
  assert(dropped > 1);
  assert(wal.storedBytes <= 10_000 + 2 * 4096, `${wal.storedBytes}`);
  assert(warnings.some((one) => one.includes("left behind")));
  // It has a gap now, so that nothing need be kept for it any more.
  assertEquals(await wal.truncateBefore(20), 20);
  await replica.close({ drainMs: 0 });
  await wal.close();
});

test("replicate() replicates metadata after its records, and with them", async () => {
  const clock = new VirtualClock();
  const engine = new ReplicaEngine();
  const wal = await Wal.open(new MemoryStorage(), SMALL);
  const replica = await replicate(wal, engine, { ...QUICK, clock });
  await wal.append("one", { meta: "first" });
  await clock.run(replica.waitFor(1));
  assertEquals(new TextDecoder().decode(engine.meta?.bytes), "first");
  await wal.setMeta("second");
  await clock.advance(2000);
  assertEquals(new TextDecoder().decode(engine.meta?.bytes), "second");
  await clock.run(replica.close());
  await wal.close();
});

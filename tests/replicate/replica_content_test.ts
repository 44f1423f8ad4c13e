/**
 * Tests what is in a replica, and what is said about it.
 *
 * @module
 */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { formatStatus, parseStatus } from "../../monitor/live_status.ts";
import { GatheredFrame } from "../../replicate/frame_draft.ts";
import { replicate, type ReplicateOptions } from "../../replicate/mod.ts";
import { LogClosedError } from "../../writer/log_closed_error.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import type { RecordBatch } from "../../storage/frame_log.ts";
import { VirtualClock } from "../../testing/virtual_clock.ts";
import { Wal } from "../../wal.ts";
import { assert, assertEquals } from "../kit/assert.ts";
import { SMALL } from "../kit/backup_kit.ts";
import { ReplicaEngine } from "../kit/replica_engine.ts";
import { test } from "../kit/register.ts";

const QUICK: ReplicateOptions = { limitMs: 0, warn() {} };

test("replicate() continues after a kill at every call, without a gap or a repetition", async () => {
  let calls = 1;
  for (let stop = 0; stop < calls; stop++) {
    const clock = new VirtualClock();
    const storage = new MemoryStorage();
    const engine = new ReplicaEngine();
    const wal = await Wal.open(storage, { ...SMALL, clock });
    if (stop > 0) {
      engine.onCall = (_, number) => number >= stop ? "stuck" : undefined;
    }
    const options = { ...QUICK, clock, timeoutMs: 1000, limitMs: 5 };
    const killed = await clock.run(replicate(wal, engine, options));
    for (let lsn = 1; lsn <= 5; lsn++) {
      await clock.run(wal.append(`${lsn}`, { meta: `after ${lsn}` }));
      await clock.advance(10);
    }
    await clock.advance(0);
    if (stop === 0) calls = engine.calls.length;
    engine.onCall = () => {};
    const next = await Wal.open(storage.kill(), { ...SMALL, clock });
    const replica = await clock.run(replicate(next, engine, options));
    await clock.run(next.append("6", { ack: "remote" }));
    assertEquals(engine.texts.join(), "1,2,3,4,5,6", `stop ${stop}`);
    const meta = new TextDecoder().decode(engine.meta?.bytes);
    assertEquals(meta, "after 5", `stop ${stop}`);
    await clock.run(replica.close());
    await clock.run(killed.close({ drainMs: 0 }));
    await clock.run(next.close());
    await clock.run(wal.close());
  }
  assert(calls > 8, `${calls}`);
});

test("replicate() keeps holes, and batches in one frame", async () => {
  const storage = new MemoryStorage();
  const before = await Wal.open(storage, SMALL);
  for (let lsn = 1; lsn <= 3; lsn++) await before.append(`${lsn}`.repeat(500));
  await before.close();
  const [name] = storage.list().filter((name) => name.endsWith(".wal"));
  const bytes = storage.get(name)!.slice();
  bytes[64 + 600] ^= 1; // the second record
  storage.put(name, bytes);
  const wal = await Wal.open(storage, { ...SMALL, recovery: "salvage" });
  await wal.appendBatch(["a", "b", "c"]);
  const engine = new ReplicaEngine();
  const replica = await replicate(wal, engine, { ...QUICK, limitBytes: 8 });
  await replica.waitFor(6);
  const frames = engine.frames.map(({ firstLsn, records, lost }) =>
    `${firstLsn}: ${lost === undefined ? records.length : `-${lost}`}`
  );
  assertEquals(frames, ["1: 1", "2: -1", "3: 1", "4: 3"]);
  await replica.close();
  await wal.close();
});

test("a frame of a replica has the time of its last record, and spans a part of its age", () => {
  const limits = { limitMs: 250, limitBytes: 100 };
  const batch = (firstLsn: number, time: number, size = 1): RecordBatch => ({
    ...{ firstLsn, records: [new Uint8Array(size)], time },
  });
  const recent = new GatheredFrame(batch(1, 1000), limits);
  assert(recent.add(batch(2, 1250), 1300));
  assert(!recent.add(batch(3, 1251), 1300));
  assertEquals([recent.batch.count, recent.time], [2, 1250]);
  const old = new GatheredFrame(batch(1, 1000), limits);
  assert(old.add(batch(2, 11_000), 10_001_000));
  assert(!old.add(batch(3, 11_001), 10_001_000));
  const full = new GatheredFrame(batch(1, 1000), limits);
  assert(!full.add(batch(2, 1000, 92), 1000));
  assert(full.add(batch(2, 1000, 91), 1000));
  assert(full.isFull);
  // A larger frame of the log stays whole.
  assert(new GatheredFrame(batch(1, 1000, 5000), limits).isFull);
});

test("replicate() drops what no limit keeps, at most once a minute, and nothing that the log has", async () => {
  const clock = new VirtualClock();
  const engine = new ReplicaEngine();
  const wal = await Wal.open(new MemoryStorage(), { ...SMALL, clock });
  const retention = { keepRecords: 5, keepMs: 100_000 };
  const options = { ...QUICK, clock, retention };
  const replica = await clock.run(replicate(wal, engine, options));
  for (let lsn = 1; lsn <= 20; lsn++) {
    await clock.run(wal.append(`${lsn}`));
    await clock.advance(10_000);
  }
  assertEquals(engine.firstLsn, 1); // the log has all
  await clock.run(wal.truncateBefore(18));
  await clock.advance(61_000);
  // At 261 s: those of the last 100 s, and the last five.
  const { firstLsn } = engine;
  assert(firstLsn >= 15 && firstLsn <= 16, `${firstLsn}`);
  const count = () =>
    engine.calls.filter((call) => call === "truncateBefore").length;
  const before = count();
  await clock.advance(50_000);
  assert(count() <= before + 1);
  await clock.advance(1_000_000);
  assertEquals(engine.firstLsn, 16);
  await clock.run(replica.close());
  await clock.run(wal.close());
});

test("replicas are in the status that other processes read, and in a channel", async () => {
  const messages: unknown[] = [];
  const note = (message: unknown) => void messages.push(message);
  subscribe("syncline:wal:replica", note);
  const wal = await Wal.open(new MemoryStorage(), SMALL);
  const engine = new ReplicaEngine();
  const replica = await replicate(wal, engine, QUICK);
  await wal.append("one", { ack: "remote" });
  const frame = { sequence: 1, at: 2, epoch: 1, pid: 1, alerts: [] };
  const text = formatStatus(frame, wal.stats(), {});
  const shown = parseStatus(text)!.replica!;
  assertEquals([shown.state, shown.lsn, shown.frames], ["live", 1, 1]);
  const odd = JSON.parse(text);
  odd.replica = { state: 5 };
  assertEquals(parseStatus(JSON.stringify(odd))!.replica, undefined);
  await replica.close();
  unsubscribe("syncline:wal:replica", note);
  const states = (messages as { event: { state: string } }[])
    .map(({ event }) => event.state);
  assertEquals(states, ["live", "closed"]);
  await wal.close();
});

test("a replica closes with its log, and says what it lacks", async () => {
  const wal = await Wal.open(new MemoryStorage(), SMALL);
  const engine = new ReplicaEngine();
  const replica = await replicate(wal, engine, QUICK);
  await wal.append("one", { ack: "remote" });
  await wal.close();
  while (replica.stats().state !== "closed") {
    await new Promise((end) => setTimeout(end, 1));
  }
  assert(replica.error instanceof LogClosedError);
  assertEquals(replica.stats().lagRecords, 0);
  await replica.close();
});

/**
 * Tests that a replica outlives every failure of its engine, and that the log
 * never notices: neither its acks, nor its memory.
 *
 * @module
 */
import {
  NotReplicatedError,
  replicate,
  type ReplicateOptions,
} from "../../replicate/mod.ts";
import { FencedError } from "../../storage/frame_log.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { VirtualClock } from "../../testing/virtual_clock.ts";
import { Wal } from "../../wal.ts";
import type { WalOptions } from "../../wal_options.ts";
import { assert, assertEquals } from "../kit/assert.ts";
import { type EngineFault, ReplicaEngine } from "../kit/replica_engine.ts";
import { test } from "../kit/register.ts";

const SMALL: WalOptions = { segmentBytes: 4096, reserveBytes: 0, warn() {} };

const FAULTS: readonly EngineFault[] = ["fail", "lose", "hang", "stuck"];

/** A log, an engine, and a clock that both the log and its replica follow. */
async function begin() {
  const clock = new VirtualClock();
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage, { ...SMALL, clock });
  const engine = new ReplicaEngine();
  const options: ReplicateOptions = {
    ...{ clock, limitMs: 10, timeoutMs: 1000, warn() {} },
  };
  const end = async () => {
    await clock.run(wal.close());
    assertEquals(clock.timers, 0);
  };
  return { clock, storage, wal, engine, options, end };
}

test("a replica gets everything once, whatever call fails, hangs or loses its answer", async () => {
  let most = 1;
  for (const fault of FAULTS) {
    for (let at = 0; at < most; at++) {
      const { clock, wal, engine, options, end } = await begin();
      engine.onCall = (call, number) => {
        if (number !== at) return;
        // What never ends cannot be tried again: it could take over later.
        return call === "openLog" && /hang|stuck/.test(fault) ? "fail" : fault;
      };
      const replica = await clock.run(replicate(wal, engine, options));
      const acks: Promise<number>[] = [];
      for (let lsn = 1; lsn <= 6; lsn++) {
        const ack = lsn % 2 === 0 ? "remote" : "disk";
        acks.push(clock.run(wal.append(`${lsn}`, { ack })));
        await clock.advance(15);
      }
      await clock.run(wal.setMeta("the end"));
      assertEquals(await Promise.all(acks), [1, 2, 3, 4, 5, 6]);
      await clock.run(replica.waitFor(6));
      await clock.advance(70_000);
      const what = `${fault} at call ${at}: ${engine.calls[at]}`;
      assertEquals(engine.texts.join(), "1,2,3,4,5,6", what);
      const meta = new TextDecoder().decode(engine.meta?.bytes);
      assertEquals(meta, "the end", what);
      const { state, lsn, lagRecords } = replica.stats();
      assertEquals({ state, lsn, lagRecords }, {
        ...{ state: "live", lsn: 6, lagRecords: 0 },
      }, what);
      if (at === 0 && fault === "fail") most = engine.calls.length + 4;
      await clock.run(replica.close());
      await end();
    }
  }
  assert(most > 12, `${most}`);
});

test("a replica catches up after an hour without a network, in bounded memory", async () => {
  const { clock, wal, engine, options, end } = await begin();
  const states: string[] = [];
  const replica = await clock.run(
    replicate(wal, engine, { ...options, limitBytes: 4096 }),
  );
  replica.onChange(({ state }) => void states.push(state));
  await clock.run(wal.append("before", { ack: "remote" }));
  engine.onCall = () => "fail";
  for (let minute = 0; minute < 60; minute++) {
    for (let n = 0; n < 10; n++) await clock.run(wal.append("x".repeat(500)));
    await clock.advance(60_000);
  }
  const { state, lagRecords, lagMs, retries, error } = replica.stats();
  assertEquals({ state, lagRecords }, { state: "degraded", lagRecords: 600 });
  assert(lagMs >= 3_590_000 && lagMs <= 3_601_000, `${lagMs}`);
  // Waits grow to 30 s.
  assert(retries >= 120 && retries < 140, `${retries}`);
  assertEquals(error, "observeLog has failed");
  engine.onCall = () => {};
  await clock.run(replica.waitFor(601));
  assertEquals(engine.texts.length, 601);
  assert(engine.mostBytes <= 5 * 2 * 4096, `${engine.mostBytes}`);
  assertEquals(states, ["degraded", "catching-up", "live"]);
  await clock.run(replica.close());
  await end();
});

test("a slow engine does not hold up the log, and has little in memory", async () => {
  const { clock, wal, engine, options, end } = await begin();
  let release: (() => void)[] = [];
  engine.pace = () => new Promise((resolve) => release.push(resolve));
  const replica = await clock.run(
    replicate(wal, engine, { ...options, limitBytes: 2000 }),
  );
  for (let lsn = 1; lsn <= 500; lsn++) {
    assertEquals(await clock.run(wal.append("y".repeat(400))), lsn);
    if (lsn % 50 === 0) await clock.advance(10);
  }
  assertEquals([engine.inFlight, engine.mostInFlight], [4, 4]);
  assert(engine.mostBytes <= 4 * 4096, `${engine.mostBytes}`);
  assertEquals(engine.lastLsn, 0);
  engine.pace = () => Promise.resolve();
  for (const go of release) go();
  release = [];
  await clock.run(replica.waitFor(500));
  assertEquals(engine.texts.length, 500);
  await clock.run(replica.close());
  await end();
});

test("Replica.close() takes a bounded time, whatever hangs", async () => {
  for (const call of ["observeLog", "openLog", "readCursor", "commit"]) {
    for (const fault of ["stuck", "fail"] as const) {
      const { clock, wal, engine, options, end } = await begin();
      await clock.run(wal.append("one"));
      engine.onCall = (one) => one === call ? fault : undefined;
      const replica = await clock.run(replicate(wal, engine, options));
      await clock.advance(500);
      const waiting = replica.waitFor(1).catch((error) => error);
      const before = clock.now();
      await clock.run(replica.close({ drainMs: 3000 }));
      assert(clock.now() - before <= 5000, `${call} ${fault}`);
      const error = await clock.run(waiting);
      assert(error instanceof NotReplicatedError, `${call} ${fault}`);
      assertEquals(error.lsn, 1);
      assertEquals(replica.stats().state, "closed");
      await end();
    }
  }
});

test("Replica.close() waits for what is durable, and no longer", async () => {
  const { clock, wal, engine, options, end } = await begin();
  const replica = await clock.run(
    replicate(wal, engine, { ...options, limitMs: 1_000_000 }),
  );
  for (let n = 0; n < 5; n++) await clock.run(wal.append(`${n}`));
  const before = clock.now();
  await clock.run(replica.close());
  assertEquals(engine.texts.length, 5);
  assertEquals(clock.now(), before);
  await end();
});

test("two logs that both believe to be the primary never both confirm", async () => {
  const seeds = Array.from({ length: 60 }, (_, seed) => seed + 1);
  for (const seed of seeds) {
    let state = seed;
    const random = (below: number) => {
      state = (state * 48271) % 2147483647;
      return state % below;
    };
    const { clock, storage, wal, engine, options, end } = await begin();
    await clock.run(wal.append("shared"));
    const copy = await Wal.open(storage.kill(), { ...SMALL, clock });
    engine.onCall = () => random(6) === 0 ? FAULTS[random(2)] : undefined;
    const acked = new Map<number, string>();
    const begun = await clock.run(replicate(wal, engine, options));
    const appends: Promise<unknown>[] = [];
    const append = (log: Wal, name: string) =>
      appends.push(
        log.append(name, { ack: "remote" }).then((lsn) => {
          assertEquals(acked.get(lsn), undefined, `seed ${seed}`);
          acked.set(lsn, name);
        }, (error) => assert(error instanceof NotReplicatedError, `${error}`)),
      );
    for (let n = random(4); n > 0; n--) {
      append(wal, `a${n}`);
      await clock.advance(random(400));
    }
    const other = await clock.run(
      replicate(copy, engine, options).catch(() => undefined),
    );
    for (let n = 0; n < 8; n++) {
      if (random(2) === 0) append(wal, `A${n}`);
      else if (other) append(copy, `B${n}`);
      await clock.advance(random(600));
    }
    engine.onCall = () => {};
    await clock.advance(60_000);
    await clock.run(begun.close());
    if (other) await clock.run(other.close());
    await clock.run(Promise.all(appends));
    for (const [lsn, name] of acked) {
      assertEquals(engine.texts[lsn - 1], name, `seed ${seed}`);
    }
    await clock.run(copy.close());
    await end();
  }
});

test("a FencedError is final: a replica does not open the engine again", async () => {
  const { clock, wal, engine, options, end } = await begin();
  const replica = await clock.run(replicate(wal, engine, options));
  await clock.run(wal.append("one", { ack: "remote" }));
  await engine.openLog({ warn() {}, time: () => 0 });
  const error = await clock.run(
    wal.append("two", { ack: "remote" }).catch((error) => error),
  );
  assert(error.cause instanceof FencedError);
  const { length } = engine.calls;
  await clock.run(wal.append("three"));
  await clock.advance(100_000);
  assertEquals(engine.calls.length, length);
  assertEquals(replica.stats().state, "fenced");
  await clock.run(replica.close());
  await end();
});

test("a replica tries again after whatever an engine may throw", async () => {
  for (const odd of [new TypeError("fetch failed"), "a string", undefined]) {
    const { clock, wal, engine, options, end } = await begin();
    let failures = 0;
    const observe = engine.observeLog.bind(engine);
    engine.observeLog = () => ++failures < 4 ? Promise.reject(odd) : observe();
    const replica = await clock.run(replicate(wal, engine, options));
    assertEquals(replica.stats().state, "degraded");
    await clock.run(wal.append("one", { ack: "remote" }));
    assertEquals(replica.stats().retries, 3);
    await clock.run(replica.close());
    await end();
  }
});

test("a replica at rest asks for nothing", async () => {
  const { clock, wal, engine, options, end } = await begin();
  const replica = await clock.run(replicate(wal, engine, options));
  await clock.run(wal.append("one", { ack: "remote" }));
  const { length } = engine.calls;
  for (let minute = 0; minute < 60; minute++) await clock.advance(60_000);
  assertEquals(engine.calls.length, length);
  await clock.run(replica.close());
  assertEquals(engine.calls.length, length);
  await end();
});

test("replicate() refuses an engine without cursors, for good", async () => {
  const { clock, wal, engine, options, end } = await begin();
  Object.defineProperty(engine, "cursors", { value: undefined });
  const refused = await clock.run(
    replicate(wal, engine, options).catch((error) => error),
  );
  assert(refused instanceof TypeError);
  assert(refused.message.includes("keeps no cursors"), refused.message);
  await end();
});

test("a retention that hangs is not begun again", async () => {
  const engine = new ReplicaEngine();
  const clock = new VirtualClock();
  const wal = await Wal.open(new MemoryStorage(), SMALL);
  const retention = { keepRecords: 1 };
  const replica = await replicate(wal, engine, {
    ...{ clock, retention, limitMs: 0, warn() {} },
  });
  await wal.appendBatch(["one", "two", "three"]);
  await clock.run(replica.waitFor(3));
  await wal.truncateBefore(3);
  engine.onCall = (call) => call === "truncateBefore" ? "stuck" : undefined;
  for (let second = 0; second < 90; second++) await clock.advance(1000);
  assertEquals(
    engine.calls.filter((one) => one === "truncateBefore").length,
    1,
  );
  await clock.run(replica.close());
  await wal.close();
});

test("a replica that cannot be reached ends with its log", async () => {
  const engine = new ReplicaEngine();
  const clock = new VirtualClock();
  const wal = await Wal.open(new MemoryStorage(), SMALL);
  engine.onCall = () => "fail";
  const replica = await replicate(wal, engine, { clock, warn() {} });
  await wal.append("not there");
  await wal.close();
  await clock.advance(60_000);
  assertEquals(replica.stats().state, "closed");
  assertEquals(clock.timers, 0);
  await replica.close();
});

test("lagMs is the age of the oldest record that is not there, or a second more", async () => {
  const engine = new ReplicaEngine();
  const clock = new VirtualClock();
  engine.pace = () => new Promise((resolve) => clock.after(200, resolve));
  const wal = await Wal.open(new MemoryStorage(), { ...SMALL, clock });
  const options = { limitMs: 250, warn() {}, clock };
  const replica = await replicate(wal, engine, options);
  let lacking = 0;
  for (let time = 0; time < 20_000; time += 100) {
    await clock.run(wal.append("under a steady load"));
    await clock.advance(100);
    const { lagRecords, lagMs } = replica.stats();
    lacking += lagRecords;
    assert(lagMs <= 600, `${lagMs} ms at ${time}`);
  }
  assert(lacking > 100, `${lacking}`);
  await clock.run(replica.waitFor(wal.lastLsn));
  for (let second = 0; second < 60; second++) await clock.advance(1000);
  await clock.run(wal.append("after a while"));
  const { lagMs } = replica.stats();
  assert(lagMs <= 1000, `${lagMs}`);
  await clock.run(replica.close());
  await wal.close();
});

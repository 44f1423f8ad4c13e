import type { AckLevel } from "../../writer/acks.ts";
import { assertEquals, assertRejects } from "../kit/assert.ts";
import { openWal } from "../kit/open_wal.ts";
import { test } from "../kit/register.ts";
import { track } from "../kit/track.ts";

/** The calls that were answered when the append at a level resolved. */
async function callsBefore(ack: AckLevel): Promise<string[]> {
  const { wal, log, clock } = await openWal({}, { answer: "held" });
  const append = track(wal.append("x", { ack }));
  await clock.turn();
  const answered: string[] = [];
  for (let call = 0; append.state === "pending" && call < 9; call++) {
    answered.push(log.calls[call]);
    log.step();
    await clock.turn();
  }
  return answered;
}

test("append() at memory resolves before anything is written", async () => {
  assertEquals(await callsBefore("memory"), []);
});

test("append() at os resolves when the record is written", async () => {
  assertEquals(await callsBefore("os"), ["append 1-1", "checkOwner"]);
});

test("append() at disk resolves when the record is synced", async () => {
  const calls = ["append 1-1", "sync", "checkOwner"];
  assertEquals(await callsBefore("disk"), calls);
});

test("append() at disk is synced even when synchronous is off", async () => {
  const { wal, log, clock, close } = await openWal({ synchronous: "off" });
  await clock.settle(wal.append("a"));
  await clock.settle(wal.append("b", { ack: "disk" }));
  assertEquals(log.order, ["append 1-1", "append 2-2", "sync"]);
  await close();
});

test("append() takes the log's level unless it names one", async () => {
  const { wal, log, clock, close } = await openWal({ synchronous: "normal" });
  await clock.settle(wal.append("a"));
  assertEquals(log.order, ["append 1-1"]);
  await clock.settle(wal.append("b", { ack: "disk" }));
  assertEquals(log.order, ["append 1-1", "append 2-2", "sync"]);
  await close();
});

test("append() syncs the whole frame if one record asks for disk", async () => {
  const { wal, log, clock, close } = await openWal({ synchronous: "normal" });
  const appends = [wal.append("a"), wal.append("b", { ack: "disk" })];
  await clock.settle(Promise.all([...appends, wal.append("c")]));
  assertEquals(log.order, ["append 1-3", "sync"]);
  await close();
});

test("append() at os is synced syncIntervalMs later", async () => {
  const options = { synchronous: "normal", syncIntervalMs: 100 } as const;
  const { wal, log, clock, close } = await openWal(options);
  await clock.settle(wal.append("a"));
  await clock.advance(60);
  await clock.settle(wal.append("b"));
  await clock.advance(39);
  assertEquals(log.order, ["append 1-1", "append 2-2"]);
  await clock.advance(1);
  assertEquals([log.order.at(-1), log.syncedLsn], ["sync", 2]);
  await clock.advance(1000);
  assertEquals(log.count("sync"), 1);
  await close();
});

test("append() at os starts a new interval after a sync", async () => {
  const options = { synchronous: "normal", syncIntervalMs: 100 } as const;
  const { wal, log, clock, close } = await openWal(options);
  await clock.settle(wal.append("a"));
  await clock.advance(90);
  await clock.settle(wal.append("b", { ack: "disk" }));
  await clock.settle(wal.append("c"));
  await clock.advance(99);
  assertEquals(log.syncedLsn, 2);
  await clock.advance(1);
  assertEquals(log.syncedLsn, 3);
  await close();
});

test("append() at memory is written and synced all the same", async () => {
  const { wal, log, clock, close } = await openWal({ syncIntervalMs: 7 });
  assertEquals(await wal.append("a", { ack: "memory" }), 1);
  assertEquals(log.order, []);
  await clock.advance(7);
  assertEquals(log.order, ["append 1-1", "sync"]);
  await close();
});

test("append() is left to close() when synchronous is off", async () => {
  const { wal, log, clock, close } = await openWal({ synchronous: "off" });
  await clock.settle(wal.append("a"));
  await clock.advance(1e12);
  assertEquals([clock.timers, log.count("sync")], [0, 0]);
  await close();
  assertEquals(log.order, ["append 1-1", "sync", "close"]);
});

test("settled() at disk has a written record synced at once", async () => {
  const { wal, log, clock, close } = await openWal({ synchronous: "normal" });
  const lsn = await clock.settle(wal.append("a"));
  await clock.settle(wal.settled(lsn, "disk"));
  assertEquals([log.order, clock.now()], [["append 1-1", "sync"], 0]);
  await close();
});

test("settled() at disk has a queued record synced in its frame", async () => {
  const { wal, log, clock, close } = await openWal({ synchronous: "normal" });
  const lsn = wal.enqueue("a");
  await clock.settle(wal.settled(lsn, "disk"));
  assertEquals(log.order, ["append 1-1", "sync"]);
  await close();
});

test("settled() at disk syncs what is written while others wait", async () => {
  const policy = { due: () => Infinity };
  const { wal, log, clock, close } = await openWal({
    synchronous: "normal",
    policy,
  });
  const first = wal.enqueue("a");
  const flush = track(wal.settled(first, "os"));
  await clock.quiet();
  assertEquals(flush.state, "pending");
  await clock.settle(wal.flush());
  wal.enqueue("b");
  await clock.settle(wal.settled(first, "disk"));
  assertEquals(log.lastLsn, 1);
  await close();
});

test("settled() at os waits for the write, at memory for nothing", async () => {
  const { wal, log, clock, close } = await openWal();
  const lsn = wal.enqueue("a");
  await wal.settled(lsn, "memory");
  assertEquals(log.order, []);
  await clock.settle(wal.settled(lsn, "os"));
  assertEquals(log.lastLsn, 1);
  await close();
});

test("flush() syncs what was acknowledged at os", async () => {
  const { wal, log, clock, close } = await openWal({ synchronous: "normal" });
  await clock.settle(wal.append("a"));
  assertEquals(await clock.settle(wal.flush()), 1);
  assertEquals(log.order, ["append 1-1", "sync"]);
  await clock.settle(wal.flush());
  assertEquals(log.count("sync"), 1);
  await close();
});

test("append() and settled() refuse a level that does not exist", async () => {
  const { wal, clock, close } = await openWal();
  const ack = "all" as AckLevel;
  const rule = 'must be "memory", "os" or "disk": received "all"';
  const message = `Cannot append because ack ${rule}`;
  await assertRejects(() => wal.append("x", { ack }), TypeError, message);
  await assertRejects(() => wal.appendBatch(["x"], { ack }), TypeError);
  const lsn = await clock.settle(wal.append("x"));
  await assertRejects(
    () => wal.settled(lsn, ack),
    TypeError,
    `Cannot wait because level ${rule}`,
  );
  await close();
});

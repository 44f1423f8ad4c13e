import { AgePolicy } from "../../policies/age_policy.ts";
import { StorageFullError } from "../../storage/storage_error.ts";
import { assertEquals, assertRejects } from "../kit/assert.ts";
import { openWal } from "../kit/open_wal.ts";
import { test } from "../kit/register.ts";

test("append() with receipt says in which flush it was, and how long", async () => {
  const { wal, log, clock, close } = await openWal(
    { policy: new AgePolicy({ ms: 3 }) },
    { answer: "held" },
  );
  const first = wal.append("one", { receipt: true });
  await clock.advance(1);
  const second = wal.append("two", { receipt: true });
  await clock.advance(2);
  for (const ms of [5, 7, 0]) {
    await clock.advance(ms);
    log.step();
    await clock.turn();
  }
  const shared = {
    records: 2,
    bytes: 14,
    reason: "due",
    writeMs: 5,
    syncMs: 7,
  };
  assertEquals(await first, { lsn: 1, ...shared, queueMs: 3 });
  assertEquals(await second, { lsn: 2, ...shared, queueMs: 2 });
  const closing = close();
  for (let turn = 0; turn < 9; turn++) {
    log.step();
    await clock.turn();
  }
  await closing;
});

test("appendBatch() with receipt has the LSNs of its records as well", async () => {
  const { wal, clock, close } = await openWal();
  await clock.settle(wal.append("one"));
  const receipt = await clock.settle(
    wal.appendBatch(["two", "three"], { receipt: true }),
  );
  assertEquals([receipt.first, receipt.last, receipt.records], [2, 3, 2]);
  await close();
});

test("append() with receipt at os says that nothing was synced", async () => {
  const { wal, clock, close } = await openWal({ synchronous: "normal" });
  const append = wal.append("one", { receipt: true });
  assertEquals((await clock.settle(append)).syncMs, 0);
  await close();
});

test("append() with receipt counts the time that it waited for room", async () => {
  const { wal, clock, close, log } = await openWal(
    { maxQueuedRecords: 1 },
    { answer: "held" },
  );
  const first = wal.append("one", { receipt: true });
  await clock.turn();
  const second = wal.append("two", { receipt: true });
  await clock.advance(9);
  const closing = close();
  for (let turn = 0; turn < 20; turn++) {
    log.step();
    await clock.turn();
  }
  assertEquals((await first).queueMs, 0);
  assertEquals((await second).queueMs, 9);
  await closing;
});

test("append() with receipt rejects as it does without", async () => {
  const { wal, clock, close } = await openWal({}, {
    fail: {
      operation: "append",
      nth: 1,
      error: new StorageFullError("somewhere"),
    },
  });
  const refused = wal.append("lost", { receipt: true }).catch((error) => error);
  await clock.turn();
  assertEquals((await refused).name, "StorageFullError");
  const again = wal.append("here", { receipt: true });
  assertEquals((await clock.settle(again)).lsn, 1);
  await close();
});

test("append() refuses a receipt at memory, and what is no boolean", async () => {
  const { wal, close } = await openWal();
  const options = { ack: "memory", receipt: true } as const;
  await assertRejects(() => wal.append("one", options), TypeError);
  const bad = { receipt: 1 as never };
  await assertRejects(() => wal.append("one", bad), TypeError);
  assertEquals(wal.lastLsn, 0);
  await close();
});

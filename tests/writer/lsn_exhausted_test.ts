import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { Wal } from "../../wal.ts";
import { LsnExhaustedError } from "../../writer/lsn_exhausted_error.ts";
import { assertEquals, assertRejects, assertThrows } from "../kit/assert.ts";
import { openWal } from "../kit/open_wal.ts";
import { test } from "../kit/register.ts";
import { track } from "../kit/track.ts";

const LAST = Number.MAX_SAFE_INTEGER;

test("append() rejects when no LSN is left, and queues nothing", async () => {
  const { wal, log, clock, close } = await openWal({}, { lastLsn: LAST - 2 });
  assertEquals(wal.enqueue("a"), LAST - 1);
  const last = wal.append("b");
  for (
    const call of [
      () => wal.append("c"),
      () => wal.appendBatch(["c", "d"]),
      () => Promise.resolve().then(() => wal.enqueue("c")),
    ]
  ) {
    await assertRejects(call, LsnExhaustedError);
  }
  const error = assertThrows(() => wal.enqueue("c"), LsnExhaustedError);
  assertEquals(
    error.message,
    "Cannot append 1 more after record 9007199254740991 because LSNs end at " +
      "9007199254740991",
  );
  assertEquals(await clock.settle(last), LAST);
  assertEquals(await clock.settle(wal.flush()), LAST);
  await close();
  assertEquals(log.texts().join(""), "ab");
});

test("appendBatch() rejects as a whole when too few LSNs are left", async () => {
  const { wal, log, close } = await openWal({}, { lastLsn: LAST - 2 });
  await assertRejects(
    () => wal.appendBatch(["a", "b", "c"]),
    LsnExhaustedError,
  );
  const range = track(wal.appendBatch(["a", "b"]));
  await close();
  assertEquals(range.value, { first: LAST - 1, last: LAST });
  assertEquals(log.frames.length, 1);
});

test("append() counts those who wait for room before it", async () => {
  const { wal, log, close } = await openWal({ maxQueuedRecords: 1 }, {
    lastLsn: LAST - 3,
  });
  const appends = ["a", "b", "c"].map((text) => track(wal.append(text)));
  await assertRejects(() => wal.append("d"), LsnExhaustedError);
  await close();
  assertEquals(appends.map(({ value }) => value), [LAST - 2, LAST - 1, LAST]);
  assertEquals(log.texts().join(""), "abc");
});

test("Wal.open() reads what has the last LSN, and refuses more", async () => {
  const storage = new MemoryStorage();
  const firstLsn = LAST - 1;
  await (await Wal.open(storage, { firstLsn })).close();
  for (let lsn = firstLsn; lsn <= LAST; lsn++) {
    const wal = await Wal.open(storage);
    assertEquals(await wal.append(`${lsn}`), lsn);
    await wal.close();
  }
  await using wal = await Wal.open(storage);
  await assertRejects(() => wal.append("x"), LsnExhaustedError);
  const texts: string[] = [];
  for await (const { lsn, data } of wal.read()) {
    assertEquals(new TextDecoder().decode(data), `${lsn}`);
    texts.push(`${lsn}`);
  }
  assertEquals(texts, [`${firstLsn}`, `${LAST}`]);
});

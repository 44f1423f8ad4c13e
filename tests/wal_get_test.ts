import { MemoryStorage } from "../storage/memory/memory_storage.ts";
import { parseSegmentName } from "../storage/format/file_names.ts";
import { CompactedError } from "../storage/frame_log.ts";
import { Wal } from "../wal.ts";
import { LogClosedError } from "../writer/log_closed_error.ts";
import { assert, assertEquals, assertRejects } from "./kit/assert.ts";
import { damaged, spoil } from "./kit/damaged_log.ts";
import {
  assertFound,
  assertRecord,
  edgesOf,
  fillLog,
} from "./kit/lookup_log.ts";
import { test } from "./kit/register.ts";
import { recordOf } from "./kit/small_log.ts";

/*
 * Goal: get() and reads find the record that was asked for, wherever it is and
 * whatever happens meanwhile. Method: logs of several segments with indexes of
 * several entries, whose records say their LSN.
 */

const OPTIONS = { segmentBytes: 200_000, reserveBytes: 0 };
const LAST = 4000;

/** Changes a bit of a record, in a log of frames of one record each. */
function spoilRecord(storage: MemoryStorage, lsn: number): void {
  const segment = storage.list().flatMap((name) => parseSegmentName(name) ?? [])
    .sort((a, b) => a.firstLsn - b.firstLsn)
    .findLast(({ firstLsn }) => firstLsn <= lsn)!;
  const bytes = storage.get(segment.name)!;
  bytes[64 + (lsn - segment.firstLsn) * 152 + 60] ^= 1;
  storage.put(segment.name, bytes);
}

for (const count of [1, 7, 64, 1500]) {
  test(`Wal.get() finds each record while the log is written, closed and opened: ${count} in a frame`, async () => {
    const storage = new MemoryStorage();
    const wal = await Wal.open(storage, OPTIONS);
    await fillLog(wal, 1, LAST, count);
    const edges = await edgesOf(storage, LAST);
    assert(edges.length > 5);
    await assertFound(wal, edges);
    // Backwards, so that each segment is looked at again after others.
    await assertFound(wal, edges.toReversed());
    const killed = storage.kill();
    const crashed = storage.crash((most) => most - 1);
    await wal.close();
    for (const survivor of [storage, killed, crashed]) {
      await using reopened = await Wal.open(survivor, OPTIONS);
      const last = await reopened.flush();
      assert(last > LAST / 2);
      const found = await edgesOf(survivor, last);
      await assertFound(reopened, found);
      await assertFound(reopened, edges.filter((lsn) => lsn <= last));
      await fillLog(reopened, last + 1, last + 10, count);
      await assertFound(reopened, [last, last + 1, last + 10]);
    }
  });
}

test("Wal.get() finds every record of unsealed segments", async () => {
  const storage = new MemoryStorage();
  let killed = storage;
  for (let life = 0; life < 3; life++) {
    const wal = await Wal.open(killed, { ...OPTIONS, warn() {} });
    await fillLog(wal, life * 600 + 1, life * 600 + 600, 3);
    await wal.flush();
    killed = killed.kill();
  }
  await using wal = await Wal.open(killed, { ...OPTIONS, warn() {} });
  for (let lsn = 1; lsn <= 1800; lsn++) assertRecord(await wal.get(lsn), lsn);
});

test("Wal.get() refuses what is not there, in the words of read()", async () => {
  const wal = await Wal.open(new MemoryStorage());
  await fillLog(wal, 1, 9, 3);
  await wal.truncateBefore(4);
  for (const lsn of [10, 0, -1, 4.5, NaN, Infinity]) {
    const error = await assertRejects(() => wal.get(lsn), RangeError);
    assertEquals(
      error.message,
      "Cannot read a record because its LSN must be an integer from 4 to 9: " +
        `received ${lsn}`,
    );
  }
  await assertRejects(() => wal.get("5" as unknown as number), TypeError);
  await assertRejects(
    () => wal.get(3),
    CompactedError,
    "Cannot read record 3 because it was dropped by a checkpoint: the oldest " +
      "record kept is 4",
  );
  await assertFound(wal, [4, 5, 9]);
  await wal.close();
  await assertRejects(
    () => wal.get(5),
    LogClosedError,
    "Cannot read because the log is closed",
  );
});

test("Wal.get() gives undefined for a record that a salvage gave up", async () => {
  const storage = await damaged((log, put) => {
    put(0, spoil(log, 0, 1));
    put(1);
  });
  const recovery = "salvage";
  await using wal = await Wal.open(storage, { recovery, warn() {} });
  for (let lsn = 1; lsn <= 12; lsn++) {
    const record = await wal.get(lsn);
    const isLost = lsn === 2 || lsn === 3 || lsn >= 5 && lsn <= 8;
    const text = record && new TextDecoder().decode(record.data);
    assertEquals(text, isLost ? undefined : recordOf(lsn), `${lsn}`);
  }
});

test("Wal.get() says that a record is damaged, and finds the others", async () => {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage, OPTIONS);
  await fillLog(wal, 1, LAST, 1);
  await wal.close();
  const lsn = 700;
  spoilRecord(storage, lsn);
  await using reopened = await Wal.open(storage, OPTIONS);
  for (let times = 0; times < 2; times++) {
    const error = await assertRejects(() => reopened.get(lsn));
    assertEquals((error as Error).name, "CorruptLogError");
    for (const other of [lsn - 1, lsn + 1, lsn + 300, LAST]) {
      assertRecord(await reopened.get(other), other);
    }
  }
});

test("Wal.get() gives memory of its own, for a small record of a large frame", async () => {
  await using wal = await Wal.open(new MemoryStorage());
  await fillLog(wal, 1, 64, 64);
  const { data } = (await wal.get(5))!;
  assertEquals(data.buffer.byteLength, data.length);
});

test("Wal.get() and read() find a record unchanged after one was written over in memory", async () => {
  for (const count of [1, 2, 64]) {
    await using wal = await Wal.open(new MemoryStorage());
    await fillLog(wal, 1, 128, count);
    for (const lsn of [1, 5, 6, 128]) {
      for (let times = 0; times < 3; times++) {
        const record = (await wal.get(lsn))!;
        assertRecord(record, lsn);
        new Uint8Array(record.data.buffer).fill(0);
        for (const to of [lsn, 128]) {
          for await (const record of wal.read({ from: lsn, to })) {
            assertRecord(record, record.lsn);
            record.data.fill(0);
          }
        }
      }
    }
  }
});

test("Wal.get() and read() find records of a log that was repaired, whose index is not true", async () => {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage, OPTIONS);
  await fillLog(wal, 1, LAST, 1);
  await wal.close();
  for (const lsn of [100, 101, 102]) spoilRecord(storage, lsn);
  const recovery = "salvage";
  await using repaired = await Wal.open(storage, {
    ...OPTIONS,
    ...{ recovery, warn() {} },
  });
  for (let lsn = 2; lsn <= LAST; lsn += 13) {
    assertRecord(await repaired.get(lsn), lsn);
  }
  for (const lsn of [100, 101, 102]) {
    assertEquals(await repaired.get(lsn), undefined);
  }
  await assertFound(repaired, [97, 103, 500, LAST]);
});

test("Wal.get() reads a record of a log that is not made of segments", async () => {
  const { FakeFrameLog } = await import("./kit/fake_frame_log.ts");
  await using wal = await Wal.open(new FakeFrameLog());
  await fillLog(wal, 1, 9, 3);
  for (let lsn = 1; lsn <= 9; lsn++) assertRecord(await wal.get(lsn), lsn);
});

test("Wal.read() reads little to begin anywhere, in sealed and unsealed segments", async () => {
  const read = { bytes: 0 };
  const memory = new MemoryStorage({
    onCall({ operation, bytes }) {
      if (operation === "read") read.bytes += bytes;
    },
  });
  const wal = await Wal.open(memory, {
    segmentBytes: 2 ** 20,
    reserveBytes: 0,
  });
  await fillLog(wal, 1, 20_000, 8);
  const last = memory.list().filter((name) => parseSegmentName(name)).at(-1)!;
  assert(memory.get(last)!.length > 200_000);
  for (const lsn of [5000, 9000, 15_000, 19_990, 20_000]) {
    await wal.get(lsn); // The index of its segment is in memory now.
    for (
      const call of [
        () => wal.get(lsn - 300),
        () => wal.read({ from: lsn - 200 }).next(),
        () => wal.readBatches({ from: lsn - 100, to: lsn }).next(),
      ]
    ) {
      read.bytes = 0;
      await call();
      assert(read.bytes <= 50_000, `${read.bytes} bytes for ${lsn}`);
    }
  }
  await wal.close();
});

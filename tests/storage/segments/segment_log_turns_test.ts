/*
 * Goal: what gives way finds a consistent log afterwards. Method: a log in
 * memory whose clock runs so fast that reads and checkpoints give way as often
 * as they can; in each of those turns, somebody else uses the log.
 */
import { openSegments } from "../../../recovery/open_segments.ts";
import { CompactedError } from "../../../storage/frame_log.ts";
import { MemoryStorage } from "../../../storage/memory/memory_storage.ts";
import { Wal } from "../../../wal.ts";
import { LogClosedError } from "../../../writer/log_closed_error.ts";
import { assert, assertEquals, assertRejects } from "../../kit/assert.ts";
import { asyncStorage } from "../../kit/async_storage.ts";
import { type CountedTurns, countedTurns } from "../../kit/counted_turns.ts";
import { test } from "../../kit/register.ts";

const RECORDS = 120;
const RECORD_BYTES = 30_000;
const SEGMENT_BYTES = 64 * 1024;

interface Opened {
  storage: MemoryStorage;
  turns: CountedTurns;
  wal: Wal;
}

/** A log of sixty segments, whose long work gives way all the time. */
async function opened(isAsync = false): Promise<Opened> {
  const storage = new MemoryStorage();
  const turns = countedTurns({ stepMs: 100 });
  const used = isAsync ? asyncStorage(storage) : storage;
  const log = await openSegments(used, {
    ...{ segmentBytes: SEGMENT_BYTES, reserveBytes: 0, recovery: "tail" },
    ...{ takeOver: false, time: () => 0, warn() {}, turns },
  });
  const wal = await Wal.open(log);
  for (let lsn = 1; lsn <= RECORDS; lsn++) await wal.append(recordOf(lsn));
  turns.given = 0;
  return { storage, turns, wal };
}

function recordOf(lsn: number): Uint8Array {
  return new Uint8Array(RECORD_BYTES).fill(lsn);
}

async function lsnsOf(wal: Wal): Promise<number[]> {
  const lsns: number[] = [];
  for await (const { lsn, data } of wal.read()) {
    assertEquals([data.length, data[0]], [RECORD_BYTES, lsn]);
    lsns.push(lsn);
  }
  return lsns;
}

/** Runs `act` in the nth turn that somebody gives way from here on. */
function inTurn(turns: CountedTurns, nth: number, act: () => void): void {
  const at = turns.given + nth;
  turns.act = () => {
    if (turns.given === at) act();
  };
}

const range = (from: number, to: number) =>
  Array.from({ length: Math.max(0, to + 1 - from) }, (_, at) => from + at);

test("SegmentLog.read() gives way, and yields what it would without", async () => {
  const { turns, wal } = await opened();
  assertEquals(await lsnsOf(wal), range(1, RECORDS));
  assert(turns.given >= 10, `${turns.given} turns`);
  await wal.close();
});

test("SegmentLog.read() ends where it began, whatever is appended meanwhile", async () => {
  for (let nth = 1; nth <= 12; nth++) {
    const { turns, wal } = await opened();
    let appends: Promise<number>[] = [];
    inTurn(turns, nth, () => {
      appends = range(RECORDS + 1, RECORDS + 6).map((lsn) =>
        wal.append(recordOf(lsn))
      );
    });
    assertEquals(await lsnsOf(wal), range(1, RECORDS));
    assertEquals(await Promise.all(appends), range(RECORDS + 1, RECORDS + 6));
    assertEquals(await lsnsOf(wal), range(1, RECORDS + 6));
    await wal.close();
  }
});

test("SegmentLog.read() tells what a checkpoint dropped meanwhile", async () => {
  for (const keepsFrom of [2, 9, 30, RECORDS + 1]) {
    for (let nth = 1; nth <= 12; nth++) {
      const { turns, wal } = await opened();
      let truncating: Promise<unknown> | undefined;
      inTurn(turns, nth, () => truncating = wal.truncateBefore(keepsFrom));
      const lsns: number[] = [];
      const found = await (async () => {
        for await (const { lsn } of wal.read()) lsns.push(lsn);
      })().catch((error) => error);
      assertEquals(lsns, range(1, lsns.length));
      if (found === undefined) assertEquals(lsns.length, RECORDS);
      else {
        assert(found instanceof CompactedError, `${found}`);
        assertEquals([found.lsn, found.firstLsn], [lsns.length + 1, keepsFrom]);
        assert(found.lsn < keepsFrom);
      }
      await truncating;
      assertEquals(await lsnsOf(wal), range(keepsFrom, RECORDS));
      await wal.close();
    }
  }
});

test("Wal.close() ends a read that gives way", async () => {
  const { turns, wal } = await opened();
  await lsnsOf(wal);
  await wal.close();
  for (let nth = 1; nth <= turns.given; nth++) {
    const { turns, wal } = await opened();
    let closing: Promise<void> | undefined;
    inTurn(turns, nth, () => closing = wal.close());
    await assertRejects(() => lsnsOf(wal), LogClosedError, undefined, `${nth}`);
    await closing;
  }
});

for (const isAsync of [false, true]) {
  const on = isAsync ? "that answers later" : "that answers at once";
  test(`SegmentLog.truncateBefore() gives way to appends and reads, on a storage ${on}`, async () => {
    for (let nth = 1; nth <= 9; nth++) {
      for (const keepsFrom of [40, RECORDS + 1]) {
        const { storage, turns, wal } = await opened(isAsync);
        let appends: Promise<number>[] = [];
        let reading: Promise<number[]> | undefined;
        inTurn(turns, nth, () => {
          appends = range(RECORDS + 1, RECORDS + 10).map((lsn) =>
            wal.append(recordOf(lsn))
          );
          reading = lsnsOf(wal);
        });
        await wal.truncateBefore(keepsFrom);
        turns.act = undefined;
        assert(turns.given >= 9, `${turns.given} turns`);
        assertEquals(
          await Promise.all(appends),
          range(RECORDS + 1, RECORDS + 10),
        );
        assertEquals(await reading, range(keepsFrom, RECORDS));
        assertEquals(await lsnsOf(wal), range(keepsFrom, RECORDS + 10));
        await wal.close();
        await using again = await Wal.open(storage);
        assertEquals(await lsnsOf(again), range(keepsFrom, RECORDS + 10));
        const names = storage.list().filter((name) => name.endsWith(".wal"));
        assert(
          names.length <= (RECORDS + 13 - keepsFrom) / 2 + 3,
          names.join(" "),
        );
      }
    }
  });
}

test("Wal.close() waits for a checkpoint that gives way", async () => {
  for (let nth = 1; nth <= 8; nth++) {
    const { storage, turns, wal } = await opened();
    let closing: Promise<void> | undefined;
    inTurn(turns, nth, () => closing = wal.close());
    await wal.truncateBefore(30);
    await closing;
    await using again = await Wal.open(storage);
    assertEquals(await lsnsOf(again), range(30, RECORDS));
  }
});

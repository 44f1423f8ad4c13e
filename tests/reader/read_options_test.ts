import fc from "fast-check";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { CompactedError, type RecordBatch } from "../../storage/frame_log.ts";
import { findByTime } from "../../reader/find_by_time.ts";
import type { LogSource } from "../../reader/log_source.ts";
import type { ReadOptions } from "../../reader/reads.ts";
import { reverseBatches } from "../../reader/reverse_batches.ts";
import { Wal } from "../../wal.ts";
import { type Clock, systemClock } from "../../writer/clock.ts";
import { LogClosedError } from "../../writer/log_closed_error.ts";
import type { LogRecord } from "../../writer/record.ts";
import { assert, assertEquals, assertRejects } from "../kit/assert.ts";
import { asyncStorage } from "../kit/async_storage.ts";
import { FakeFrameLog } from "../kit/fake_frame_log.ts";
import { fillLog, recordAt } from "../kit/lookup_log.ts";
import { test } from "../kit/register.ts";

/*
 * Goal: reads by LSN, by time, backwards and from the end show what a list of
 * all records would. Method: that list is the model, for random logs.
 */

/** A frame of records: bytes of each, and ms that passed before it. */
interface FramePlan {
  sizes: number[];
  ms: number;
}

interface LogPlan {
  frames: FramePlan[];
  /** How many records are dropped by a checkpoint. */
  dropped: number;
}

const logPlan: fc.Arbitrary<LogPlan> = fc.record({
  frames: fc.array(
    fc.record({
      sizes: fc.array(
        fc.oneof(
          { weight: 5, arbitrary: fc.nat(200) },
          { weight: 1, arbitrary: fc.nat(5000) },
        ),
        { minLength: 1, maxLength: 40 },
      ),
      ms: fc.integer({ min: -5, max: 20 }),
    }),
    { maxLength: 12 },
  ),
  dropped: fc.oneof(fc.constant(0), fc.nat(100)),
});

/** Time that a test sets, in ms since 1970. */
class SetTime {
  ms = 1_000_000;
  readonly clock: Clock = {
    now: () => systemClock.now(),
    after: (ms, callback) => systemClock.after(ms, callback),
    endOfTurn: (callback) => systemClock.endOfTurn(callback),
    wallTime: () => this.ms,
  };
}

/** A record of the model. */
interface Known {
  lsn: number;
  length: number;
  time: number;
}

/** Writes a log; returns it and all records that it has. */
async function build(
  { frames, dropped }: LogPlan,
): Promise<{ wal: Wal; known: Known[] }> {
  const time = new SetTime();
  const { clock } = time;
  const wal = await Wal.open(new MemoryStorage(), {
    ...{ clock, segmentBytes: 16_384, reserveBytes: 0 },
  });
  const known: Known[] = [];
  let latest = 0;
  for (const { sizes, ms } of frames) {
    time.ms += ms;
    latest = Math.max(latest, time.ms);
    const records = sizes.map((size) => new Uint8Array(size));
    const { first } = await wal.appendBatch(records, { ack: "os" });
    sizes.forEach((length, at) =>
      known.push({ lsn: first + at, length, time: latest })
    );
  }
  const firstLsn = Math.min(dropped, known.length) + 1;
  await wal.truncateBefore(firstLsn);
  return { wal, known: known.slice(firstLsn - 1) };
}

async function collect(
  records: AsyncIterable<LogRecord>,
): Promise<Omit<Known, "time">[]> {
  const found: Omit<Known, "time">[] = [];
  for await (const { lsn, data } of records) {
    found.push({ lsn, length: data.length });
  }
  return found;
}

const noTime = ({ lsn, length }: Known) => ({ lsn, length });

test("read() takes any range, by LSN and time, forwards and backwards", async () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const options = fc.record({
    from: fc.option(share, { nil: undefined }),
    to: fc.option(share, { nil: undefined }),
    since: fc.option(fc.integer({ min: -10, max: 130 }), { nil: undefined }),
    reverse: fc.boolean(),
    isDate: fc.boolean(),
  });
  const many = fc.array(options, { minLength: 6, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(logPlan, many, async (plan, many) => {
      const { wal, known } = await build(plan);
      const { firstLsn, writtenLsn } = wal;
      const span = writtenLsn + 1 - firstLsn;
      for (const { from, to, since, reverse, isDate } of many) {
        const first = firstLsn + Math.floor((from ?? 0) * span);
        const last = to === undefined
          ? writtenLsn
          : Math.max(first - 1, firstLsn + Math.floor(to * span) - 1);
        const sinceMs = since === undefined ? -Infinity : 1_000_000 + since;
        const read: ReadOptions = {
          ...(from !== undefined && { from: first }),
          ...(to !== undefined && { to: last }),
          ...(since !== undefined &&
            { since: isDate ? new Date(sinceMs) : sinceMs }),
          reverse,
        };
        const model = known.filter(({ lsn, time }) =>
          lsn >= first && lsn <= last && time >= sinceMs
        ).map(noTime);
        if (reverse) model.reverse();
        assertEquals(await collect(wal.read(read)), model);
      }
      await wal.close();
    }),
    { numRuns: 60 },
  );
});

test("last() reads as many of the last records as there are", async () => {
  await fc.assert(
    fc.asyncProperty(logPlan, fc.nat(600), async (plan, count) => {
      const { wal, known } = await build(plan);
      const model = known.slice(Math.max(0, known.length - count)).map(noTime);
      const found = await wal.last(count);
      assertEquals(
        found.map(({ lsn, data }) => ({ lsn, length: data.length })),
        model,
      );
      await wal.close();
    }),
    { numRuns: 80 },
  );
});

test("lsnAt() finds the first record written at a time or later", async () => {
  await fc.assert(
    fc.asyncProperty(logPlan, async (plan) => {
      const { wal, known } = await build(plan);
      for (let ms = 999_990; ms < 1_000_130; ms += 7) {
        const model = known.find(({ time }) => time >= ms)?.lsn ??
          wal.writtenLsn + 1;
        assertEquals(await wal.lsnAt(ms), model);
        assertEquals(await wal.lsnAt(new Date(ms)), model);
      }
      await wal.close();
    }),
    { numRuns: 40 },
  );
});

/** A log that counts lookups; a million records, ten in a ms. */
function hugeLog(): { log: LogSource; looks: () => number } {
  let looks = 0;
  const log = {
    firstLsn: 1,
    reached: () => 1_000_000,
    async *read(from: number): AsyncGenerator<RecordBatch> {
      looks++;
      const time = Math.floor(from / 10);
      yield { firstLsn: from, records: [new Uint8Array()], time };
    },
  } as unknown as LogSource;
  return { log, looks: () => looks };
}

test("findByTime() needs about as many lookups as the number of records has bits", async () => {
  const { log, looks } = hugeLog();
  for (const ms of [0, 1, 500, 77_777, 100_000, 100_001]) {
    const before = looks();
    const model = ms === 0 ? 1 : Math.min(1_000_001, ms * 10);
    assertEquals(await findByTime(log, ms), model);
    assert(looks() - before <= 20);
  }
});

test("findByTime() goes on when a checkpoint drops what it looks at", async () => {
  let firstLsn = 1;
  const log = {
    get firstLsn() {
      return firstLsn;
    },
    reached: () => 100,
    async *read(from: number): AsyncGenerator<RecordBatch> {
      firstLsn = Math.max(firstLsn, Math.min(101, from + 10));
      if (from < firstLsn) throw new CompactedError(from, firstLsn);
      yield { firstLsn: from, records: [], time: from };
    },
  } as unknown as LogSource;
  assertEquals(await findByTime(log, 20), firstLsn);
});

test("lsnAt() says so if the log keeps no times", async () => {
  const wal = await Wal.open(new FakeFrameLog());
  await wal.append("one");
  await assertRejects(() => wal.lsnAt(0), Error, "this log keeps no times");
  await wal.close();
});

/** A log of frames of these records; counts what is read of it. */
function framesLog(frames: readonly (readonly number[])[]) {
  let bytes = 0;
  const lastLsn = frames.flat().length;
  const log = {
    firstLsn: 1,
    cuts: 0,
    reached: () => lastLsn,
    async *read(from: number, to: number): AsyncGenerator<RecordBatch> {
      let firstLsn = 1;
      for (const sizes of frames) {
        const next = firstLsn + sizes.length;
        if (next <= from || firstLsn > to) {
          firstLsn = next;
          continue;
        }
        const buffer = new ArrayBuffer(sizes.reduce((a, b) => a + b, 0));
        let at = 0;
        const records = sizes.map((size) => {
          at += size;
          return new Uint8Array(buffer, at - size, size);
        });
        const skip = Math.max(0, from - firstLsn);
        const part = records.slice(skip, Math.max(0, to + 1 - firstLsn));
        if (part.length > 0) {
          bytes += buffer.byteLength;
          yield { firstLsn: firstLsn + skip, records: part };
        }
        firstLsn += sizes.length;
      }
    },
  } as unknown as LogSource;
  return { log, lastLsn, read: () => bytes };
}

test("reverseBatches() reads not much more than the log, whatever its frames are", async () => {
  const mixed = Array.from(
    { length: 150 },
    (_, at) => at % 50 < 40 ? Array(50).fill(20) : Array(3).fill(200_000),
  );
  const growing = Array.from(
    { length: 200 },
    (_, at) => Array(2).fill(at * at * 40),
  );
  const falling = growing.toReversed();
  const large = Array.from({ length: 6 }, () => Array(20_000).fill(100));
  for (const frames of [mixed, growing, falling, large]) {
    const { log, lastLsn, read } = framesLog(frames);
    let next = lastLsn;
    for await (const { firstLsn, records } of reverseBatches(log, 1, lastLsn)) {
      assertEquals(firstLsn, next);
      next -= records.length;
    }
    assertEquals(next, 0);
    const total = frames.flat().reduce((sum, size) => sum + size, 0);
    assert(read() < 12 * total, `${read()} bytes of ${total}`);
  }
});

test("a read backwards notices that its records were dropped, or the log closed", async () => {
  const wal = await Wal.open(new MemoryStorage(), { segmentBytes: 4096 });
  await fillLog(wal, 1, 500, 1);
  const [dropped, closed] = [1, 2].map(() => wal.read({ reverse: true }));
  for (const read of [dropped, closed]) await read.next();
  await wal.truncateBefore(450);
  const seen = [500];
  const error = await assertRejects(async () => {
    for await (const { lsn } of dropped) seen.push(lsn);
  }, CompactedError);
  assertEquals([(error as CompactedError).lsn < 450, seen.length], [true, 51]);
  await wal.close();
  await assertRejects(() => closed.next(), LogClosedError);
});

test("a signal ends a read with its reason, whenever it is aborted", async () => {
  const reason = new Error("enough");
  for (const options of [{}, { reverse: true }, { since: 0 }]) {
    for (let ticks = 0; ticks < 40; ticks++) {
      const storage = asyncStorage(new MemoryStorage());
      const wal = await Wal.open(storage, { segmentBytes: 4096 });
      await fillLog(wal, 1, 40, 4);
      const controller = new AbortController();
      const { signal } = controller;
      let count = 0;
      const reading = (async () => {
        for await (const _ of wal.read({ ...options, signal })) count++;
      })();
      const outcome = reading.then(() => "all", (error) => error);
      for (let tick = 0; tick < ticks; tick++) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      const before = count;
      controller.abort(reason);
      const found = await outcome;
      assertEquals(count, before);
      assert(found === reason || before === 40 && found === "all");
      await wal.close();
    }
  }
});

test("an aborted signal ends reads before they begin", async () => {
  const wal = await Wal.open(new MemoryStorage());
  await wal.append("one");
  const signal = AbortSignal.abort("no");
  for (
    const read of [
      ...[wal.read({ signal }), wal.readBatches({ signal })],
      ...[wal.follow({ signal }), wal.followBatches({ signal })],
    ]
  ) {
    assertEquals(await read.next().catch((error) => error), "no");
    assertEquals((await read.next()).done, true);
  }
  await wal.close();
});

test("reads name what they refuse, before anything else", async () => {
  const wal = await Wal.open(new MemoryStorage());
  await wal.append("one");
  const time = "a valid Date, or a finite number of ms since 1970";
  const refusals: readonly [unknown, ErrorConstructor, string][] = [
    [{ from: 3 }, RangeError, "its LSN must be an integer from 1 to 2"],
    [{ to: 2 }, RangeError, "its LSN must be an integer from 0 to 1"],
    [{ from: 3, reverse: true }, RangeError, "must be an integer from 1 to 2"],
    [{ since: "now" }, TypeError, `since must be ${time}`],
    [{ since: NaN }, RangeError, `since must be ${time}`],
    [{ since: new Date(NaN) }, RangeError, `since must be ${time}`],
    [{ reverse: 1 }, TypeError, "reverse must be a boolean: received 1"],
    [{ signal: 1 }, TypeError, "signal must be an AbortSignal: received 1"],
    [{ revers: true }, TypeError, "did you mean reverse?"],
    [null, TypeError, "its options must be an object"],
  ];
  for (const [options, type, message] of refusals) {
    const read = wal.read(options as ReadOptions);
    await assertRejects(() => read.next(), type, message);
  }
  const backwards = wal.readBatches({ reverse: true } as ReadOptions);
  await assertRejects(() => backwards.next(), TypeError, "no option reverse");
  await assertRejects(() => wal.last(-1), RangeError, "an integer of at least");
  await assertRejects(() => wal.last("1" as never), TypeError, "their number");
  await assertRejects(() => wal.lsnAt({} as never), TypeError, time);
  await wal.close();
  for (const call of [() => wal.last(1), () => wal.lsnAt(0)]) {
    await assertRejects(call, LogClosedError);
  }
});

test("records of last() are those that were appended", async () => {
  const wal = await Wal.open(new MemoryStorage(), { segmentBytes: 4096 });
  await fillLog(wal, 1, 100, 3);
  for (const { lsn, data } of await wal.last(50)) {
    assertEquals(data, recordAt(lsn) as Uint8Array<ArrayBuffer>);
  }
  assertEquals(await wal.last(0), []);
  await wal.close();
});

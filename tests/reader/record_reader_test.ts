import fc from "fast-check";
import type { BatchSource, RecordBatch } from "../../storage/frame_log.ts";
import { Pace } from "../../storage/turns.ts";
import type { LogRecord } from "../../writer/record.ts";
import { RecordReader } from "../../reader/record_reader.ts";
import { assert, assertEquals } from "../kit/assert.ts";
import { countedTurns } from "../kit/counted_turns.ts";
import { test } from "../kit/register.ts";

/** What is read: batches of these sizes, and perhaps an error after them. */
interface Source {
  sizes: number[];
  fails: boolean;
}

const asBytes = (bytes: Uint8Array<ArrayBuffer>) => bytes;

type Reader = AsyncGenerator<LogRecord, undefined, undefined>;

/** Gives the batches a turn later each; `closed` counts how often it ended. */
async function* batches(
  { sizes, fails }: Source,
  closed: { count: number },
): AsyncGenerator<RecordBatch> {
  let firstLsn = 1;
  try {
    for (const size of sizes) {
      await new Promise((resolve) => setImmediate(resolve));
      const records = Array.from(
        { length: size },
        (_, index) => Uint8Array.of(firstLsn + index),
      );
      yield { firstLsn, records };
      firstLsn += size;
    }
    if (fails) throw new Error("damaged");
  } finally {
    closed.count++;
  }
}

/** The same, with a generator of the language. */
async function* generator(source: AsyncGenerator<RecordBatch>): Reader {
  for await (const { firstLsn, records } of source) {
    let lsn = firstLsn;
    for (const data of records) yield { lsn: lsn++, data };
  }
}

/** What becomes of calls, of which those in a group do not wait. */
async function outcomes(
  make: (source: AsyncGenerator<RecordBatch>) => Reader,
  source: Source,
  groups: readonly (readonly string[])[],
): Promise<unknown[]> {
  const closed = { count: 0 };
  const reader = make(batches(source, closed));
  const found: unknown[] = [];
  for (const group of groups) {
    const calls = group.map((call) => {
      if (call === "next") return reader.next();
      if (call === "return") return reader.return(undefined);
      return reader.throw(new Error("given up"));
    });
    for (const settled of await Promise.allSettled(calls)) {
      found.push("value" in settled ? settled.value : `${settled.reason}`);
    }
  }
  await reader.return(undefined);
  // A generator that never began has nothing to end.
  const hasBegun = groups.flat()[0] === "next";
  return [...found, hasBegun ? closed.count : 0];
}

test("RecordReader answers any calls as an async generator does", async () => {
  const call = fc.oneof(
    { weight: 8, arbitrary: fc.constant("next") },
    fc.constantFrom("return", "throw"),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        sizes: fc.array(fc.nat(3), { maxLength: 4 }),
        fails: fc.boolean(),
      }),
      fc.array(fc.array(call, { minLength: 1, maxLength: 5 }), {
        minLength: 1,
        maxLength: 6,
      }),
      async (source, groups) => {
        assertEquals(
          await outcomes(
            (from) => new RecordReader(from, asBytes),
            source,
            groups,
          ),
          await outcomes(generator, source, groups),
        );
      },
    ),
    { numRuns: 400 },
  );
});

/** The same batches, some of them at once and some a turn later. */
function mixed(
  source: AsyncGenerator<RecordBatch>,
  atOnce: readonly boolean[],
): BatchSource {
  const ready: IteratorResult<RecordBatch, unknown>[] = [];
  let asked = 0;
  let hasEnded = false;
  return {
    next() {
      const isReady = atOnce[asked++ % atOnce.length] && ready.length > 0;
      if (isReady && !hasEnded) return ready.shift()!;
      return load();
    },
    return() {
      hasEnded = true;
      return source.return(undefined);
    },
  };
  async function load(): Promise<IteratorResult<RecordBatch, unknown>> {
    if (hasEnded) return { done: true, value: undefined };
    if (ready.length > 0) return ready.shift()!;
    const first = await source.next();
    if (!first.done) {
      const second = await source.next().catch((error) => error);
      if (second instanceof Error) source = failing(second);
      else ready.push(second);
    }
    return first;
  }
}

async function* failing(error: Error): AsyncGenerator<RecordBatch> {
  yield await Promise.reject(error);
}

test("RecordReader takes batches that are there at once without another turn", async () => {
  let turn = 0;
  const batches: BatchSource = {
    next: () =>
      turn++ < 500
        ? { value: { firstLsn: turn, records: [Uint8Array.of(turn)] } }
        : { done: true, value: undefined },
  };
  let ticks = 0;
  let isDone = false;
  const counting = (async () => {
    for (; !isDone; ticks++) await null;
  })();
  let count = 0;
  for await (const { lsn } of new RecordReader(batches, asBytes)) {
    assertEquals(lsn, ++count);
  }
  isDone = true;
  await counting;
  assertEquals(count, 500);
  assert(ticks <= 1200, `${ticks} microtasks for 500 records`);
});

test("RecordReader reads the same from batches at once and later", async () => {
  const draw = fc.record({
    sizes: fc.array(fc.nat(3), { maxLength: 6 }),
    fails: fc.boolean(),
  });
  const atOnce = fc.array(fc.boolean(), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(draw, atOnce, async (source, atOnce) => {
      const found: number[] = [];
      const closed = { count: 0 };
      const reader = new RecordReader(
        mixed(batches(source, closed), atOnce),
        asBytes,
      );
      const end = await (async () => {
        for await (const { lsn } of reader) found.push(lsn);
      })().catch((error: Error) => error.message);
      const total = source.sizes.reduce((sum, size) => sum + size, 0);
      assertEquals(found, Array.from({ length: total }, (_, at) => at + 1));
      assertEquals(end, source.fails ? "damaged" : undefined);
    }),
    { numRuns: 200 },
  );
});

test("RecordReader gives way within a batch, unless its log closes", async () => {
  const count = 1000;
  const records = Array.from({ length: count }, () => new Uint8Array());
  async function* one(): AsyncGenerator<RecordBatch> {
    yield { firstLsn: 1, records };
  }
  const turns = countedTurns({ stepMs: 100 });
  const reader = new RecordReader(one(), asBytes, { pace: new Pace(turns) });
  let read = 0;
  for await (const _ of reader) read++;
  assertEquals([read, turns.given >= 20], [count, true]);
  const cut = new RecordReader(one(), asBytes, { pace: new Pace(turns) });
  turns.act = () => cut.cut();
  const lsns: number[] = [];
  for await (const { lsn } of cut) lsns.push(lsn);
  assert(lsns.length < 300, `${lsns.length} records`);
});

/** Gives two records once `gate` is open. */
async function* twoRecords(
  gate: Promise<void>,
): AsyncGenerator<RecordBatch> {
  await gate;
  yield { firstLsn: 1, records: [Uint8Array.of(1), Uint8Array.of(2)] };
}

test("RecordReader settles calls in order, however far apart", async () => {
  for (let ticks = 0; ticks < 24; ticks++) {
    let open = () => {};
    const gate = new Promise<void>((resolve) => open = resolve);
    const reader = new RecordReader(twoRecords(gate), asBytes);
    const order: number[] = [];
    const first = reader.next().then(() => order.push(1));
    open();
    for (let tick = 0; tick < ticks; tick++) await null;
    await Promise.all([first, reader.next().then(() => order.push(2))]);
    assertEquals([ticks, ...order], [ticks, 1, 2]);
  }
});

test("RecordReader closes what it reads when a loop is left", async () => {
  const closed = { count: 0 };
  const lsns: number[] = [];
  const source = { sizes: [2, 2], fails: false };
  for await (
    const { lsn } of new RecordReader(batches(source, closed), asBytes)
  ) {
    lsns.push(lsn);
    if (lsn === 3) break;
  }
  assertEquals([lsns, closed.count], [[1, 2, 3], 1]);
});

test("RecordReader closes what it reads when it is disposed of", async () => {
  const closed = { count: 0 };
  const source = { sizes: [2, 2], fails: false };
  const reader = new RecordReader(batches(source, closed), asBytes);
  await reader.next();
  await reader[Symbol.asyncDispose]();
  assertEquals(closed.count, 1);
  assertEquals(await reader.next(), { done: true, value: undefined });
});

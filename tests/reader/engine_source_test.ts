import { EngineSource, GIVE_UP_MS } from "../../reader/engine_source.ts";
import { CorruptLogError } from "../../storage/corrupt_log_error.ts";
import { VirtualClock } from "../../testing/virtual_clock.ts";
import { Wal } from "../../wal.ts";
import {
  assertEquals,
  assertRejects,
  assertStrictEquals,
} from "../kit/assert.ts";
import { MemoryEngine } from "../kit/memory_engine.ts";
import { test } from "../kit/register.ts";

/** An engine, and a source that looks at it on a virtual clock. */
async function observed(pollMs = 100) {
  const engine = new MemoryEngine({ pollMs });
  const clock = new VirtualClock();
  const log = await engine.observeLog();
  const source = new EngineSource(log, "disk", clock);
  engine.looks = 0;
  return { engine, clock, log, source };
}

/** Another process appends a record. */
async function append(engine: MemoryEngine): Promise<void> {
  const wal = await Wal.open(engine);
  await wal.append("a record");
  await wal.close();
}

test("EngineSource looks every pollMs while somebody waits, and not otherwise", async () => {
  const { engine, clock, source } = await observed();
  await clock.advance(1000);
  assertEquals(engine.looks, 0);
  let wakes = 0;
  const stop = source.onAdvance(() => wakes++);
  // The last look was long ago.
  await clock.advance(0);
  assertEquals(engine.looks, 1);
  await clock.advance(300);
  assertEquals([engine.looks, wakes], [4, 0]);
  await append(engine);
  assertEquals(source.reached(), 0);
  await clock.advance(100);
  assertEquals([source.reached(), wakes], [1, 1]);
  const stopOther = source.onAdvance(() => {});
  stop();
  await clock.advance(100);
  assertEquals([engine.looks, wakes], [6, 1]);
  stopOther();
  await clock.advance(1000);
  assertEquals([engine.looks, clock.timers], [6, 0]);
});

test("EngineSource.refresh() makes one look after the one in progress, for all callers", async () => {
  const { engine, source } = await observed();
  let release = () => {};
  engine.onLook = () => new Promise((resolve) => release = resolve);
  const first = source.refresh();
  const others = [source.refresh(), source.refresh()];
  assertEquals(engine.looks, 1);
  engine.onLook = () => {};
  await append(engine);
  release();
  await first;
  await Promise.all(others);
  assertEquals([engine.looks, source.reached()], [2, 1]);
});

test("EngineSource goes on looking after failures, more and more rarely", async () => {
  const { engine, clock, source } = await observed(1000);
  let wakes = 0;
  source.onAdvance(() => wakes++);
  engine.onLook = () => Promise.reject(new Error("no answer"));
  const looks: number[] = [];
  for (let second = 1; second <= 20; second++) {
    const before = engine.looks;
    await clock.advance(1000);
    if (engine.looks > before) looks.push(second);
  }
  assertEquals(looks, [1, 3, 7, 12, 17]);
  assertEquals([source.end, wakes], [undefined, 0]);
  engine.onLook = () => {};
  await append(engine);
  await clock.advance(5000);
  assertEquals([source.reached(), wakes], [1, 1]);
  const before = engine.looks;
  await clock.advance(3000);
  assertEquals(engine.looks, before + 3);
  await source.close();
});

test("EngineSource ends after a minute of failures, until a look succeeds", async () => {
  const { engine, clock, source } = await observed();
  let wakes = 0;
  source.onAdvance(() => wakes++);
  const failure = new Error("no answer");
  engine.onLook = () => Promise.reject(failure);
  await clock.advance(GIVE_UP_MS - 1);
  assertEquals([source.end, wakes], [undefined, 0]);
  await clock.advance(10_000);
  assertStrictEquals(source.end, failure);
  assertEquals(wakes, 1);
  engine.onLook = () => {};
  await source.refresh();
  assertEquals(source.end, undefined);
  engine.onLook = () => Promise.reject(failure);
  await assertRejects(() => source.refresh(), Error, "no answer");
  assertEquals(source.end, undefined);
  await source.close();
});

test("EngineSource ends at once if the log is damaged", async () => {
  const { engine, clock, source } = await observed();
  let wakes = 0;
  source.onAdvance(() => wakes++);
  const damage = new CorruptLogError("b/1", 0, "a wrong checksum");
  engine.onLook = () => Promise.reject(damage);
  await clock.advance(100);
  assertStrictEquals(source.end, damage);
  assertEquals(wakes, 1);
  await source.close();
});

test("EngineSource.close() wakes those who wait, and ends looks", async () => {
  const { engine, clock, log, source } = await observed();
  let wakes = 0;
  source.onAdvance(() => wakes++);
  await source.close();
  assertEquals([source.end, wakes, log.isClosed], ["closed", 1, true]);
  await clock.advance(1000);
  assertEquals([engine.looks, clock.timers], [0, 0]);
  await source.refresh();
  assertEquals(engine.looks, 0);
  await source.close();
});

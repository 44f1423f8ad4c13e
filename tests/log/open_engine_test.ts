import { AgePolicy } from "../../policies/age_policy.ts";
import { LogExistsError } from "../../storage/log_exists_error.ts";
import { FencedError } from "../../storage/frame_log.ts";
import { NoDirectoryError } from "../../storage/no_directory_error.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { VirtualClock } from "../../testing/virtual_clock.ts";
import { Wal } from "../../wal.ts";
import type { WalOptions } from "../../wal_options.ts";
import { LogFailedError } from "../../writer/log_failed_error.ts";
import {
  assertEquals,
  assertRejects,
  assertStrictEquals,
} from "../kit/assert.ts";
import { MemoryEngine } from "../kit/memory_engine.ts";
import { test } from "../kit/register.ts";

test("Wal.open() opens an engine with firstLsn, warn and the clock's time", async () => {
  const engine = new MemoryEngine();
  const clock = new VirtualClock();
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  const wal = await Wal.open(engine, { firstLsn: 7, warn, clock });
  const [opening] = engine.openings;
  assertEquals(opening.firstLsn, 7);
  opening.warn("beware");
  assertEquals(warnings, ["beware"]);
  assertEquals(opening.time(), clock.wallTime());
  await clock.settle(wal.append("a record"));
  assertEquals([wal.firstLsn, wal.durableLsn], [7, 7]);
  await clock.settle(wal.close());
});

test("Wal.open() rejects with what an engine rejects with", async () => {
  const engine = new MemoryEngine();
  await (await Wal.open(engine)).close();
  await (await Wal.open(engine, { firstLsn: 1 })).close();
  const wal = await Wal.open(engine);
  await wal.append("a record");
  await wal.close();
  await assertRejects(() => Wal.open(engine, { firstLsn: 1 }), LogExistsError);
});

/** Options that an engine refuses, and what may be given instead. */
const refused: readonly (readonly [WalOptions, WalOptions])[] = [
  [{ storage: () => new MemoryStorage() }, {}],
  [{ segmentBytes: 4096 }, {}],
  [{ reserveBytes: 0 }, {}],
  [{ takeOver: false }, { takeOver: true }],
  [{ recovery: "strict" }, { recovery: "tail" }],
  [{ recovery: "salvage" }, {}],
  [{ flushing: "thread" }, { flushing: "inline" }],
  [{ flushing: "auto" }, {}],
  [{ status: true }, { status: false }],
  [{ atExit: "flush" }, { atExit: "warn" }],
];

for (const [bad, good] of refused) {
  const [[name, value]] = Object.entries(bad);
  test(`Wal.open() refuses ${name}: ${value} before it displaces an engine's owner`, async () => {
    const engine = new MemoryEngine();
    const owner = await Wal.open(engine);
    const message = `${name} must be `;
    await assertRejects(() => Wal.open(engine, bad), TypeError, message);
    await owner.append("still the owner");
    await owner.close();
    const wal = await Wal.open(engine, good);
    assertEquals(wal.lastLsn, 1);
    await wal.close();
  });
}

test("Wal.open() refuses what needs files before it displaces an engine's owner", async () => {
  const engine = new MemoryEngine();
  const owner = await Wal.open(engine);
  const needs: WalOptions[] = [
    { archive: () => {} },
    { autoCheckpoint: { ms: 1000, write: () => "" } },
  ];
  for (const options of needs) {
    await assertRejects(() => Wal.open(engine, options), NoDirectoryError);
  }
  await assertRejects(
    () => Wal.open(engine, { retention: { bytes: 5 } }),
    TypeError,
    "retention.bytes must be absent because an engine has no segments",
  );
  await owner.append("still the owner");
  await owner.close();
});

test("Wal.open() refuses retention by bytes before it displaces an engine's owner", async () => {
  const engine = new MemoryEngine();
  const owner = await Wal.open(engine);
  await assertRejects(
    () => Wal.open(engine, { retention: { bytes: 0 } }),
    TypeError,
    "retention.bytes must be absent",
  );
  await owner.append("still the owner");
  await owner.close();
});

test("Wal.open() fences the former owner of an engine", async () => {
  const engine = new MemoryEngine();
  const first = await Wal.open(engine);
  await first.append("one");
  const second = await Wal.open(engine);
  const error = await assertRejects(() => first.append("two"), LogFailedError);
  assertEquals((error as Error).cause instanceof FencedError, true);
  assertEquals(await second.append("two"), 2);
  await assertRejects(() => first.truncateBefore(2), LogFailedError);
  await first.close();
  await second.close();
});

test("Wal.open() flushes as the frame log's batching says, unless a policy is named", async () => {
  const engine = new MemoryEngine({
    batching: { limitMs: 50, limitBytes: 4096 },
  });
  const clock = new VirtualClock();
  const wal = await Wal.open(engine, { clock });
  assertEquals(wal.settings.policy.limits, { bytes: 4096 });
  wal.enqueue("waits");
  await clock.advance(49);
  assertEquals(wal.durableLsn, 0);
  await clock.advance(1);
  assertEquals(wal.durableLsn, 1);
  wal.enqueue(new Uint8Array(4096));
  await clock.advance(0);
  assertEquals(wal.durableLsn, 2);
  await clock.settle(wal.close());
  const policy = new AgePolicy({ ms: 5 });
  const named = await Wal.open(engine, { clock, policy });
  assertStrictEquals(named.settings.policy, policy);
  await clock.settle(named.close());
});

test("Wal.open() notes the policy of a batching in a trace", async () => {
  const batching = { limitMs: 2.5, limitBytes: 4096 };
  const lines: string[] = [];
  const wal = await Wal.open(new MemoryEngine({ batching }), {
    trace: { write: (text) => void lines.push(text) },
  });
  await wal.append("a record");
  await wal.close();
  assertEquals(lines.join("").includes("age:2.5,bytes:4096"), true);
});

test("Wal.open() closes the log of a batching that makes no policy", async () => {
  const batching = { limitMs: -1, limitBytes: 4096 };
  const engine = new MemoryEngine({ batching });
  await assertRejects(() => Wal.open(engine), RangeError);
  assertEquals(engine.closings, 1);
});

/*
 * Goal: what is too old or too much goes, and nothing else does. Method: logs in
 * memory and virtual time: single cases, then random workloads held against a
 * model that knows when each record was written and who needs it.
 */
import fc from "fast-check";
import type { StorageCall } from "../../storage/memory/memory_file.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { VirtualClock } from "../../testing/mod.ts";
import { dropToFit } from "../../upkeep/retention.ts";
import { Wal } from "../../wal.ts";
import type { WalOptions } from "../../wal_options.ts";
import { assert, assertEquals } from "../kit/assert.ts";
import { MemoryArchive } from "../kit/memory_archive.ts";
import { test } from "../kit/register.ts";
import { shareIndex, shareOf } from "../kit/share.ts";

const SECOND = 1000;

async function open(
  options: WalOptions,
  storage = new MemoryStorage(),
  clock = new VirtualClock(),
) {
  // Virtual time does not wait for what is loaded.
  await clock.run(Promise.resolve());
  const wal = await Wal.open(storage, {
    clock,
    segmentBytes: 4096,
    warn() {},
    ...options,
  });
  const append = async (count: number) => {
    for (let nth = 0; nth < count; nth++) {
      await clock.run(wal.append("".padEnd(1000)));
    }
  };
  return { wal, clock, storage, append };
}

test("retention by bytes drops whole segments, the oldest first, once they are no longer young", async () => {
  const retention = { bytes: 8192, graceMs: 2 * SECOND, everyMs: SECOND };
  const { wal, clock, append } = await open({ retention });
  await append(20);
  await clock.advance(SECOND);
  assertEquals(wal.firstLsn, 1);
  await clock.advance(2 * SECOND);
  assertEquals([wal.firstLsn, wal.segmentCount], [16, 2]);
  assert(wal.storedBytes <= 8192, `${wal.storedBytes}`);
  await clock.advance(60 * SECOND);
  assertEquals(wal.firstLsn, 16);
  await clock.run(wal.close());
});

test("retention by time drops each record within everyMs, wherever it is", async () => {
  const retention = { ms: 10 * SECOND, graceMs: SECOND, everyMs: SECOND };
  const { wal, clock, append } = await open({ retention });
  for (let second = 1; second <= 30; second++) {
    await append(1);
    await clock.advance(SECOND);
    // The one that is exactly that old stays.
    assertEquals(wal.firstLsn, Math.max(1, second - 9), `${second} s`);
  }
  await clock.advance(12 * SECOND);
  assertEquals([wal.firstLsn, wal.lastLsn], [31, 30]);
  await append(1);
  assertEquals(wal.lastLsn, 31);
  await clock.run(wal.close());
});

test("retention does not drop what is young, whatever it is asked for", async () => {
  const retention = { ms: 1, bytes: 0, graceMs: 5 * SECOND, everyMs: 500 };
  const { wal, clock, append } = await open({ retention });
  for (let second = 1; second <= 20; second++) {
    await append(3);
    await clock.advance(SECOND);
    assert(wal.lastLsn - wal.firstLsn >= Math.min(second, 5) * 3 - 1);
  }
  assert(wal.firstLsn > 30, `${wal.firstLsn}`);
  await clock.run(wal.close());
});

test("retention counts the grace from when a record is durable", async () => {
  const { wal, clock, append } = await open({
    synchronous: "off",
    retention: { ms: SECOND, graceMs: 5 * SECOND, everyMs: SECOND },
  });
  await append(2);
  await clock.advance(60 * SECOND);
  // No follower at "disk" has seen them.
  assertEquals([wal.durableLsn, wal.firstLsn], [0, 1]);
  await clock.run(wal.flush());
  await clock.advance(4 * SECOND);
  assertEquals(wal.firstLsn, 1);
  await clock.advance(4 * SECOND);
  assertEquals(wal.firstLsn, 3);
  await clock.run(wal.close());
});

test("retention goes on with what an earlier opening wrote, at once", async () => {
  const first = await open({});
  await first.append(10);
  await first.clock.run(first.wal.close());
  const clock = new VirtualClock();
  await clock.advance(60 * SECOND);
  const again = await open({ retention: { bytes: 0 } }, first.storage, clock);
  await clock.advance(0);
  assertEquals(again.wal.firstLsn, 11);
  await clock.run(again.wal.close());
});

test("retention that fails is degraded, and tries again", async () => {
  let isFailing = true;
  const onCall = ({ operation, file }: StorageCall) =>
    isFailing && operation === "rename" && /spare|manifest/.test(file)
      ? { error: "EIO" }
      : undefined;
  const storage = new MemoryStorage({ onCall });
  isFailing = false;
  const retention = { bytes: 0, graceMs: 0, everyMs: SECOND };
  const { wal, clock, append } = await open({ retention }, storage);
  isFailing = true;
  await append(7);
  await clock.advance(SECOND);
  assertEquals([wal.firstLsn, wal.health.status], [1, "degraded"]);
  assert(wal.health.reasons[0].startsWith("Retention does not work: "));
  isFailing = false;
  await clock.advance(SECOND);
  assertEquals([wal.firstLsn, wal.health.status], [7, "healthy"]);
  await clock.run(wal.close());
});

test("retention removes later the files that it could not remove at first", async () => {
  let isFailing = false;
  const onCall = ({ operation, file }: StorageCall) =>
    isFailing && /rename|remove/.test(operation) && file.endsWith(".wal")
      ? { error: "EIO" }
      : undefined;
  const storage = new MemoryStorage({ onCall });
  const retention = { bytes: 0, graceMs: 0, everyMs: SECOND };
  const { wal, clock, append } = await open({ retention }, storage);
  await append(7);
  isFailing = true;
  await clock.advance(SECOND);
  assertEquals([wal.firstLsn, wal.segmentCount], [7, 3]);
  assertEquals(wal.health.status, "degraded");
  isFailing = false;
  await clock.advance(SECOND);
  assertEquals([wal.firstLsn, wal.segmentCount], [7, 1]);
  assertEquals(wal.health.status, "healthy");
  await clock.run(wal.close());
});

test("retention says what cursor it cannot read, and drops nothing", async () => {
  const { wal, clock, append, storage } = await open({
    cursors: { hold: "all", limitBytes: 0 },
    retention: { bytes: 0, graceMs: 0, everyMs: SECOND },
  });
  storage.put("billing.cursor", new Uint8Array(9));
  await append(7);
  await clock.advance(3 * SECOND);
  assertEquals([wal.firstLsn, wal.health.status], [1, "degraded"]);
  assert(wal.health.reasons[0].includes("billing.cursor"));
  storage.remove("billing.cursor");
  await clock.advance(SECOND);
  assertEquals([wal.firstLsn, wal.health.status], [7, "healthy"]);
  await clock.run(wal.close());
});

test("Wal.configure() begins and ends retention", async () => {
  const { wal, clock, append } = await open({});
  await append(10);
  await clock.advance(60 * SECOND);
  assertEquals([wal.firstLsn, wal.settings.retention], [1, null]);
  const retention = { bytes: 0, graceMs: 0 };
  await clock.run(wal.configure({ retention }));
  assertEquals(wal.settings.retention, retention);
  await clock.advance(0);
  assertEquals(wal.firstLsn, 10);
  await clock.run(wal.configure({ retention: null }));
  await append(10);
  await clock.advance(60 * SECOND);
  assertEquals([wal.firstLsn, clock.timers], [10, 0]);
  await clock.run(wal.close());
});

test("dropToFit() drops no more than it must", () => {
  const sealed = [10, 20, 30, 40].map((bytes, index) => ({
    bytes,
    lastLsn: index + 1,
  }));
  const drop = (bytes: number, most = Infinity) =>
    dropToFit(sealed, { storedBytes: 150 }, { bytes, most });
  assertEquals([150, 149, 140, 139, 120, 119].map((bytes) => drop(bytes)), [
    ...[0, 2, 2, 3, 3, 4],
  ]);
  assertEquals([1, 2, 3, 4, 5].map((most) => drop(0, most)), [0, 2, 3, 4, 5]);
});

type Step =
  | { do: "append"; count: number }
  | { do: "wait"; ms: number }
  | { do: "take"; count: number }
  | { do: "fail"; count: number }
  | { do: "cut" | "reopen" };

const someSteps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant("append" as const),
        count: fc.integer({ min: 1, max: 6 }),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant("wait" as const),
        ms: fc.constantFrom(300, 1000, 3000, 20_000),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant("take" as const),
        count: fc.integer({ min: 1, max: 12 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant("fail" as const),
        count: fc.integer({ min: 1, max: 3 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constantFrom("cut" as const, "reopen" as const),
      }),
    },
  ),
  { maxLength: 30 },
);

const GRACE_MS = 2 * SECOND;
const BYTES = 10_000;
const MS = 30 * SECOND;

/** A log with a consumer and an archive, and when each record was written. */
class Model {
  readonly archive = new MemoryArchive();
  readonly #clock = new VirtualClock();
  #log!: Awaited<ReturnType<typeof open>>;
  #writtenAt: number[] = [];
  #committed = 0;
  #cutTo = Infinity;

  async open(storage?: MemoryStorage): Promise<void> {
    this.#log = await open(
      {
        retention: { bytes: BYTES, ms: MS, graceMs: GRACE_MS, everyMs: 500 },
        archive: this.archive.hook,
        cursors: { hold: ["billing"], limitBytes: 2 ** 40 },
      },
      storage,
      this.#clock,
    );
    this.#committed = (await this.#log.wal.cursor("billing")).committedLsn;
  }

  async take(step: Step): Promise<void> {
    const { wal, storage } = this.#log;
    const clock = this.#clock;
    switch (step.do) {
      case "append":
        for (let nth = 0; nth < step.count; nth++) {
          const lsn = await clock.run(wal.append("".padEnd(700)));
          this.#writtenAt[lsn - 1] = clock.now();
        }
        break;
      case "wait":
        for (let ms = 0; ms < step.ms; ms += 500) {
          await clock.advance(Math.min(500, step.ms - ms));
          this.judge();
        }
        break;
      case "take":
        await this.#commit(step.count);
        break;
      case "fail":
        this.archive.failures = step.count;
        break;
      case "cut":
        this.#cutTo = Math.max(wal.firstLsn - 1, wal.lastLsn - 4);
        await clock.run(wal.truncateAfter(this.#cutTo));
        this.#writtenAt.length = this.#cutTo;
        break;
      case "reopen":
        await clock.run(wal.close());
        await this.open(storage);
    }
    this.judge();
  }

  judge(): void {
    const { firstLsn } = this.#log.wal;
    assert(firstLsn <= this.#committed + 1, "ahead of the cursor");
    this.archive.requireDropped(firstLsn);
    for (const at of this.#writtenAt.slice(0, firstLsn - 1)) {
      assert(at + GRACE_MS <= this.#clock.now(), "a record that is young");
    }
  }

  /** What nobody needs goes in the end, and the rest stays. */
  async end(): Promise<void> {
    await this.#commit(Infinity);
    this.archive.failures = 0;
    await this.#clock.advance(MS / 2);
    const { wal } = this.#log;
    await this.#clock.advance(61 * SECOND);
    this.judge();
    assert(wal.storedBytes <= BYTES, `${wal.storedBytes} bytes are left`);
    assertEquals(wal.health.status, "healthy");
    await this.#clock.run(wal.close());
  }

  async #commit(count: number): Promise<void> {
    const { wal } = this.#log;
    const cursor = await wal.cursor("billing");
    const to = Math.min(this.#committed + count, wal.durableLsn);
    // What was cut off after it was committed.
    if (to < cursor.committedLsn || this.#cutTo < cursor.committedLsn) {
      await cursor.seek(wal.lastLsn + 1);
      this.#committed = wal.lastLsn;
    } else {
      await cursor.commit(to);
      this.#committed = to;
    }
    this.#cutTo = Infinity;
    await cursor.close();
  }
}

test("retention drops nothing that anybody needs, and all else, in any workload", async () => {
  await fc.assert(
    fc.asyncProperty(someSteps, async (steps) => {
      const model = new Model();
      await model.open();
      for (const step of steps) await model.take(step);
      await model.end();
    }),
    { numRuns: shareOf(60), seed: shareIndex },
  );
});

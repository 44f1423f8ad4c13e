/**
 * Goal: while a log is appended to, compacted, truncated and taken over, readers
 * see what was acknowledged, in order, and never anything else.
 *
 * Method: random traffic of owners, readers and an observer over a store whose
 * answers come in random order. Each record says its LSN and its owner.
 *
 * @module
 */
import { type Choose, seeded } from "../../../../random.ts";
import {
  type BatchSource,
  CompactedError,
  FencedError,
  type FrameLog,
} from "../../../../storage/frame_log.ts";
import type { LogObserver } from "../../../../storage/log_engine.ts";
import { ObjectLog } from "../../../../storage/s3/log/object_log.ts";
import { MemoryObjectStore } from "../../../../storage/s3/memory_object_store.ts";
import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
} from "../../../kit/assert.ts";
import { SMALL_LIMITS } from "../../../kit/compact_log.ts";
import { frameOf } from "../../../kit/frame_of.ts";
import { readRecords } from "../../../kit/read_object_log.ts";
import { test } from "../../../kit/register.ts";

/** A store whose calls take some turns, and its log with everybody at it. */
class Traffic {
  readonly choose: Choose;
  readonly engine: ObjectLog;
  readonly acknowledged = new Map<number, string>();
  readonly warnings: string[] = [];
  readonly failures: unknown[] = [];
  owner!: FrameLog;
  nextLsn = 1;
  firstLsn = 1;
  meta = 0;
  busy = new Set<Promise<unknown>>();

  constructor(seed: number) {
    this.choose = seeded(seed);
    const store = new MemoryObjectStore({
      onCall: () => ({ after: turns(this.choose(12)) }),
    });
    const random = () => this.choose(2 ** 30) / 2 ** 30;
    const window = 1 + this.choose(4);
    const compaction = { ...SMALL_LIMITS, slots: 2 + this.choose(5) };
    this.engine = new ObjectLog(store, { window, compaction, random });
  }

  async open(): Promise<void> {
    const before = this.owner;
    this.owner = await this.engine.openLog({
      warn: (message) => void this.warnings.push(message),
      time: () => 1,
    });
    assertGreaterOrEqual(this.owner.lastLsn, this.acknowledged.size);
    this.nextLsn = this.owner.lastLsn + 1;
    await before?.close(false);
  }

  append(): void {
    const { owner, nextLsn } = this;
    const count = 1 + this.choose(3);
    const texts = Array.from({ length: count }, (_, at) => {
      const padding = "x".repeat(this.choose(8) === 0 ? 900 : 9);
      return `${nextLsn + at}:${owner.epoch}:${padding}`;
    });
    this.nextLsn += count;
    this.during(async () => {
      await owner.pipeline!.commit(frameOf(nextLsn, texts));
      texts.forEach((text, at) => this.acknowledged.set(nextLsn + at, text));
    });
  }

  truncate(): void {
    const { owner } = this;
    const { firstLsn, lastLsn } = owner;
    const lsn = firstLsn + this.choose(Math.max(1, lastLsn + 2 - firstLsn));
    this.firstLsn = Math.max(this.firstLsn, lsn);
    this.during(() => owner.truncateBefore(lsn));
  }

  setMeta(): void {
    const { owner } = this;
    const version = ++this.meta;
    const bytes = new TextEncoder().encode(`${version}`);
    this.during(() => owner.setMeta!({ version, bytes }));
  }

  read(log: FrameLog | LogObserver): void {
    const { firstLsn, lastLsn } = log;
    if (lastLsn < firstLsn) return;
    const from = firstLsn + this.choose(lastLsn - firstLsn + 1);
    const to = this.choose(2) === 0 ? from : lastLsn;
    this.during(() => this.check(log.read(from, to), from, to));
  }

  /** Reads; it may reject if records are dropped meanwhile. */
  async check(source: BatchSource, from: number, to: number): Promise<void> {
    try {
      const found = await readRecords(source);
      assertEquals(found.size, to - from + 1);
      for (const [lsn, text] of found) {
        const expected = this.acknowledged.get(lsn);
        if (expected !== undefined) assertEquals(text, expected);
        else assertEquals(text?.split(":")[0], `${lsn}`);
      }
    } catch (error) {
      if (!(error instanceof CompactedError)) throw error;
      assert(error.lsn < this.firstLsn);
    }
  }

  /** Lets something go on while other things happen. */
  during(act: () => Promise<unknown>): void {
    const doing = act().catch((error) => {
      // A former owner, or a read of one.
      if (!(error instanceof FencedError) && !/closed/.test(error.message)) {
        this.failures.push(error);
      }
    }).finally(() => this.busy.delete(doing));
    this.busy.add(doing);
  }
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await Promise.resolve();
}

async function run(seed: number): Promise<void> {
  const traffic = new Traffic(seed);
  const { choose } = traffic;
  await traffic.open();
  const observer = await traffic.engine.observeLog();
  let seenLsn = 0;
  for (let step = 0; step < 150; step++) {
    const kind = choose(20);
    if (kind < 9) traffic.append();
    else if (kind < 11) traffic.read(traffic.owner);
    else if (kind < 13) traffic.read(observer);
    else if (kind === 13) traffic.truncate();
    else if (kind === 14) traffic.setMeta();
    else if (kind === 15 && choose(3) === 0) await traffic.open();
    else if (kind === 16) {
      await observer.look();
      assertGreaterOrEqual(observer.lastLsn, seenLsn);
      seenLsn = observer.lastLsn;
    } else await turns(choose(200));
  }
  await Promise.all(traffic.busy);
  for (const failure of traffic.failures) throw failure;
  await observer.look();
  const { owner } = traffic;
  assertEquals(observer.lastLsn, owner.lastLsn);
  assertEquals(observer.meta, owner.meta);
  await traffic.check(
    observer.read(owner.firstLsn, owner.lastLsn),
    owner.firstLsn,
    owner.lastLsn,
  );
  assertEquals(traffic.warnings, []);
  await observer.close();
  await owner.close(true);
}

test("ObjectLog is read right while it is appended to, compacted, truncated, taken over and observed", async () => {
  const seeds = Array.from({ length: 40 }, (_, index) => index + 1);
  // Each of these has found something.
  seeds.push(78, 1130, 1132, 1202);
  for (const seed of seeds) {
    try {
      await run(seed);
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
});

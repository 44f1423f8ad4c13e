/*
 * Goal: a backup is the log as it was at one instant, and an incremental one is
 * as good as a full one. Method: random programs that write, drop, cut, reopen,
 * crash and take over, with a backup after some steps; and one such step in the
 * middle of a backup, at each call that it makes.
 */
import { backupLog, restoreBackup } from "../../backup/mod.ts";
import { seeded } from "../../random.ts";
import { parseSnapshotName } from "../../storage/format/mod.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { Wal } from "../../wal.ts";
import { assert, assertEquals } from "../kit/assert.ts";
import {
  assertPrefix,
  assertSameFiles,
  type LogState,
  SMALL,
  stateOf,
  watched,
} from "../kit/backup_kit.ts";
import { test } from "../kit/register.ts";
import { isMine, shareOf } from "../kit/share.ts";

type Step = (log: TestLog) => Promise<void>;

/** A log, and what it should hold. */
class TestLog {
  storage: MemoryStorage;
  wal!: Wal;
  #count = 0;

  constructor(seed: number) {
    this.storage = new MemoryStorage({ seed });
  }

  async open(takeOver = false): Promise<void> {
    this.wal = await Wal.open(this.storage, { ...SMALL, takeOver });
  }

  async append(records: number, bytes: number): Promise<void> {
    const texts = Array.from(
      { length: records },
      () => `${++this.#count} `.padEnd(bytes, "."),
    );
    await this.wal.appendBatch(texts);
  }

  state(): Promise<LogState> {
    return stateOf(this.storage);
  }
}

const STEPS: Record<string, Step> = {
  "an append": (log) => log.append(1, 20),
  "a batch": (log) => log.append(3, 30),
  "a rotation": (log) => log.append(2, 1500),
  "a checkpoint": async ({ wal }) => {
    const { lastLsn } = wal;
    await wal.checkpoint(() => `state ${lastLsn}`);
  },
  "a checkpoint that drops nothing": async ({ wal }) => {
    await wal.checkpoint(() => `state ${wal.lastLsn}`, { keep: 9 });
  },
  "a truncation": async ({ wal }) => {
    const { firstLsn, lastLsn } = wal;
    await wal.truncateBefore(firstLsn + Math.ceil((lastLsn - firstLsn) / 2));
  },
  "a cut": async (log) => {
    const { wal } = log;
    const lsn = Math.max(wal.firstLsn - 1, wal.lastLsn - 2);
    await wal.truncateAfter(lsn);
  },
  "a deep cut and an append": async (log) => {
    const { wal } = log;
    await wal.truncateAfter(Math.floor((wal.firstLsn + wal.lastLsn) / 2));
    await log.append(1, 10);
  },
  "a cut of everything": async ({ wal }) => {
    await wal.truncateAfter(wal.firstLsn - 1);
  },
  "a reopening": async (log) => {
    await log.wal.close();
    await log.open();
  },
  "a crash": async (log) => {
    log.storage = log.storage.crash(() => 0);
    await log.open();
  },
  "a takeover": async (log) => {
    await log.open(true);
    await log.append(1, 40);
  },
  "metadata": async ({ wal }) => {
    await wal.setMeta(`meta ${wal.lastLsn}`);
  },
};
const NAMES = Object.keys(STEPS);

test("backupLog() copies incrementally what a full backup copies, whatever the log did", async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  for (let run = 0; run < shareOf(40); run++) {
    const random = seeded(seed + run);
    const done: string[] = [];
    const log = new TestLog(seed + run);
    const target = new MemoryStorage({ seed: 7 });
    await log.open();
    try {
      for (let step = 0; step < 30; step++) {
        const name = NAMES[random(NAMES.length)];
        done.push(name);
        await STEPS[name](log);
        if (random(3) > 0) continue;
        const isReopened = random(2) === 0;
        if (isReopened) await log.wal.close().then(() => log.open());
        done.push("a backup");
        const verify = random(4) === 0;
        // A log that is open may declare more in the next turn.
        const source = log.storage.kill();
        const { lastLsn } = await backupLog(source, target, { verify });
        const full = new MemoryStorage({ seed: 8 });
        const report = await backupLog(source, full);
        // It knows of a record from before a cut that it was durable.
        assert(lastLsn >= report.lastLsn, `${lastLsn} ${report.lastLsn}`);
        if (lastLsn === report.lastLsn) assertSameFiles(target, full);
        const [found, whole] = [await stateOf(target), await log.state()];
        assertPrefix(found, whole);
        assertEquals(found.firstLsn, whole.firstLsn);
        if (isReopened) assertEquals(lastLsn, log.wal.lastLsn);
        const restored = new MemoryStorage({ seed: 9 });
        await restoreBackup(target, restored);
        assertEquals(await stateOf(restored), found);
      }
    } catch (error) {
      (error as Error).message += `\nseed ${seed + run}: ${done.join(", ")}`;
      throw error;
    }
    await log.wal.close();
  }
});

test("backupLog() completes what others have left that died, whatever the log did", async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  for (let run = 0; run < shareOf(40); run++) {
    const random = seeded(seed + run);
    const done: string[] = [];
    const log = new TestLog(seed + run);
    let target = new MemoryStorage({ seed: 7 });
    let isComplete = false;
    await log.open();
    try {
      for (let step = 0; step < 30; step++) {
        const name = NAMES[random(NAMES.length)];
        done.push(name);
        await STEPS[name](log);
        if (random(3) > 0) continue;
        const source = log.storage.kill();
        const survivor = await dying(source, target, random);
        done.push(`a backup that ${survivor === undefined ? "ends" : "dies"}`);
        isComplete ||= survivor === undefined;
        target = survivor ?? target;
        if (!isComplete) continue;
        const { snapshot: _, ...found } = await stateOf(target);
        const restored = new MemoryStorage({ seed: 9 });
        await restoreBackup(target, restored);
        const { snapshot: __, ...again } = await stateOf(restored);
        assertEquals(again, found);
        if (random(2) > 0) continue;
        done.push("a backup");
        const { lastLsn } = await backupLog(source, target);
        const full = new MemoryStorage({ seed: 8 });
        const report = await backupLog(source, full);
        assert(lastLsn >= report.lastLsn, `${lastLsn} ${report.lastLsn}`);
        if (lastLsn === report.lastLsn) {
          // Their segments may differ after the last record that counts.
          assertEquals(await stateOf(target), await stateOf(full));
        }
        assertPrefix(await stateOf(target), await log.state());
      }
    } catch (error) {
      (error as Error).message += `\nseed ${seed + run}: ${done.join(", ")}`;
      throw error;
    }
    await log.wal.close();
  }
});

/** What a backup leaves that dies at some call; nothing if it ends before. */
async function dying(
  source: MemoryStorage,
  target: MemoryStorage,
  random: (choices: number) => number,
): Promise<MemoryStorage | undefined> {
  let left = random(40);
  let survivor: MemoryStorage | undefined;
  const watchedTarget = watched(target, () => {
    if (left-- !== 0) return;
    survivor = random(2) === 0 ? target.kill() : target.crash(random);
    throw new Error("it died");
  });
  await backupLog(source, watchedTarget).catch((error) => {
    if (survivor === undefined) throw error;
  });
  return survivor;
}

for (const name of NAMES) {
  test(`backupLog() copies one instant with ${name} at any moment`, async () => {
    for (let call = 0, isOver = false; !isOver; call++) {
      if (!isMine(call)) continue;
      const log = new TestLog(call);
      await log.open();
      await log.append(3, 1300);
      await log.append(2, 50);
      await log.wal.checkpoint(() => "state");
      await log.append(2, 1300);
      await log.append(3, 60);
      await log.wal.close();
      await log.open();
      const target = new MemoryStorage({ seed: 7 });
      if (call % 2 === 0) await backupLog(log.storage, target);
      for (let more = 0; more < 3; more++) await log.append(1, 1400);
      await log.append(2, 70);
      const before = await log.state();
      isOver = true;
      const { storage } = log;
      const source = watched(storage, async (at) => {
        if (at !== call) return;
        isOver = false;
        await STEPS[name](log);
      });
      const { lastLsn } = await backupLog(source, target);
      const after = await stateOf(storage);
      const found = await stateOf(target);
      for (const name of target.list()) {
        const lsn = parseSnapshotName(name)?.lsn ?? 0;
        assert(lsn <= lastLsn, `${name} in a backup up to ${lastLsn}`);
      }
      const isBefore = found.firstLsn === before.firstLsn &&
        lastLsn <= before.firstLsn - 1 + before.texts.length &&
        String(found.texts) ===
          String(before.texts.slice(0, found.texts.length));
      if (!isBefore) assertPrefix(found, after);
      await backupLog(log.storage, target, { verify: true });
      assertPrefix(await stateOf(target), await log.state());
      await log.wal.close();
    }
  });
}

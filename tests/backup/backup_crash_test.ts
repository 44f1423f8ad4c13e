/*
 * Goal: a backup that dies leaves the former state or a later one, and the next
 * call completes it. Method: a log at several instants, with rotations,
 * checkpoints, cuts and openings between them; a backup at each, which is
 * killed, loses power or fails at every call; then the target is restored, and
 * the backup made again.
 */
import { backupLog, restoreBackup } from "../../backup/mod.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { explore } from "../../testing/mod.ts";
import { Wal } from "../../wal.ts";
import { assert, assertEquals } from "../kit/assert.ts";
import {
  assertPrefix,
  type LogState,
  SMALL,
  stateOf,
} from "../kit/backup_kit.ts";
import { test } from "../kit/register.ts";
import { depthOf, isMine, shareIndex } from "../kit/share.ts";

/** A log at one instant. */
interface Instant {
  readonly storage: MemoryStorage;
  readonly state: LogState;
}

type Change = (wal: Wal) => Promise<unknown>;

const text = (() => {
  let count = 0;
  return (bytes = 10) => `${++count} `.padEnd(bytes, ".");
})();
const append = (bytes?: number): Change => (wal) => wal.append(text(bytes));
const batch = (...bytes: number[]): Change => (wal) =>
  wal.appendBatch(bytes.map(text));
const cut = (records: number): Change => (wal) =>
  wal.truncateAfter(wal.lastLsn - records);
const checkpoint: Change = (wal) => wal.checkpoint(() => text());
/** Another instant of the same life. */
const LOOK: Change = () => Promise.resolve();
const drop: Change = (wal) => wal.truncateBefore(wal.lastLsn);

/** Only what a log declares durable is part of a backup. */
async function declaredIn(storage: MemoryStorage): Promise<Instant> {
  const backup = new MemoryStorage({ seed: 4 });
  await backupLog(storage, backup);
  return { storage, state: await stateOf(backup) };
}

/** Closes the log after each list of changes, and opens it again. */
async function instantsOf(lives: readonly Change[][]): Promise<Instant[]> {
  const storage = new MemoryStorage({ seed: 1 });
  const instants: Instant[] = [];
  for (const changes of lives) {
    const wal = await Wal.open(storage, SMALL);
    for (const change of changes) {
      if (change === LOOK) instants.push(await declaredIn(storage.kill()));
      else await change(wal);
    }
    const cursor = await wal.cursor("one");
    if (wal.lastLsn >= wal.firstLsn) await cursor.seek(wal.lastLsn);
    await wal.close();
    instants.push(await declaredIn(storage.kill()));
  }
  return instants;
}

const WORKLOADS: Record<string, Change[][]> = {
  "a segment that grows": [
    [append(), append(), LOOK, append(), append()],
  ],
  "a log that grows": [
    [append(2000), append(20)],
    [append(1500), append(1500), append(1500)],
  ],
  "checkpoints": [
    [append(3000), append(100), checkpoint, append(10)],
    [append(3000), append(2000), append(20), checkpoint, append(30)],
  ],
  "a log of which nothing is left": [
    [append(3000), append(3000)],
    [append(3000), append(3000), drop],
  ],
  "a cut within a frame": [
    [append(3000), append(20), batch(10, 20, 30)],
    [cut(1), append(40)],
  ],
  "a cut between frames": [
    [append(10), append(20), append(30)],
    [cut(2), append(40)],
  ],
  "a deep cut, and more than before": [
    [append(3000), append(3000), append(20)],
    [cut(2), append(30), append(3000), append(3000), append(40)],
  ],
  "a cut of everything": [
    [append(3000), append(20)],
    [cut(2), append(30)],
  ],
  "a cut of everything, and nothing after it": [
    [append(3000), append(20)],
    [cut(2)],
  ],
  "segments that an opening merges": [
    [append(1), append(2)],
    ...Array.from({ length: 8 }, (_, at) => [append(at)]),
  ],
};

/** How one state is related to those of the log. */
function assertOneOf(found: LogState, instants: readonly Instant[]): void {
  const errors: string[] = [];
  for (const { state } of instants) {
    try {
      assertPrefix(found, state);
      return;
    } catch (error) {
      errors.push((error as Error).message);
    }
  }
  throw new Error(`no state of the log: ${errors.join("\n")}`);
}

/** What is tried of a workload that another runtime explores in depth. */
const SHALLOW = { bound: 1, samples: 0, crashes: 1 };

let workloads = 0;

for (const [name, lives] of Object.entries(WORKLOADS)) {
  test(`backupLog() can die at any moment: ${name}`, async () => {
    const depth = depthOf(workloads++);
    if (depth === "not at all") return;
    const instants = await instantsOf(lives);
    // The last one and the one before it are what matters.
    const known = instants.slice(-2);
    await explore<number>(async (life) => {
      for (const [index, { storage }] of known.entries()) {
        const { lastLsn } = await backupLog(storage, life.storage);
        assert(lastLsn >= 0);
        life.note(index);
      }
    }, async (life) => {
      const done = life.facts.at(-1) ?? -1;
      const restored = new MemoryStorage({ seed: 3 });
      try {
        await restoreBackup(life.storage, restored);
        const found = await stateOf(restored);
        const least = known[Math.max(0, done)].state;
        assertOneOf(found, known.slice(Math.max(0, done)));
        const isLess = found.texts.length < least.texts.length &&
          found.firstLsn === least.firstLsn;
        if (done === known.length - 1 || isLess) {
          assertEquals(found, known.at(-1)!.state);
        }
      } catch (error) {
        const { name } = error as Error;
        const isNothing = name === "BackupError" || name === "CorruptLogError";
        if (done >= 0 || !isNothing) throw error;
      }
      const { storage, state } = known.at(-1)!;
      await backupLog(storage, life.storage, { verify: true });
      life.note(known.length - 1);
      assertEquals(await stateOf(life.storage), state);
    }, {
      ...{ seed: shareIndex, print() {} },
      ...depth === "deep" ? { bound: 6, samples: 1 } : SHALLOW,
    });
  });
}

test("backupLog() that fails at any call leaves a backup, and the next one completes it", async () => {
  for (const [index, lives] of Object.values(WORKLOADS).entries()) {
    if (!isMine(index)) continue;
    const [before, after] = (await instantsOf(lives)).slice(-2);
    for (let call = 0, isOver = false; !isOver; call++) {
      let calls = -Infinity;
      isOver = true;
      const target = new MemoryStorage({
        seed: 2,
        onCall: () => {
          if (calls++ !== call) return;
          isOver = false;
          return { error: call % 2 === 0 ? "EIO" : "ENOSPC" };
        },
      });
      await backupLog(before.storage, target);
      calls = 0;
      try {
        await backupLog(after.storage, target);
      } catch (error) {
        assert(/^Storage(Full)?Error$/.test((error as Error).name), `${error}`);
      }
      calls = -Infinity;
      assertOneOf(await stateOf(target), [before, after]);
      await backupLog(after.storage, target);
      assertEquals(await stateOf(target), after.state);
    }
  }
});

test("backupLog() leaves nothing that opens if the first one is not completed", async () => {
  const [{ storage, state }] = await instantsOf([[
    append(3000),
    append(3000),
  ]]);
  for (let call = 0, isOver = false; !isOver; call++) {
    let calls = 0;
    const target = new MemoryStorage({
      onCall: () => calls++ === call ? { error: "EIO" } : undefined,
    });
    isOver = await backupLog(storage, target).then(() => true, () => false);
    if (!target.list().some((name) => name.endsWith(".manifest"))) continue;
    const found = await stateOf(target).catch((error) => error.name);
    if (found !== "CorruptLogError") assertEquals(found, state);
  }
});

/**
 * Goal: whatever a flush thread was doing when it ended, the log goes on with
 * the same bytes, loses nothing that it has acknowledged, and acknowledges
 * nothing twice. Small spaces, all of them.
 *
 * @module
 */
import { seeded } from "../../../random.ts";
import type { CallEffect } from "../../../storage/memory/memory_file.ts";
import { MemoryStorage } from "../../../storage/memory/memory_storage.ts";
import { STAGE, type Stage } from "../../../storage/thread/frame_thread.ts";
import { Wal } from "../../../wal.ts";
import type { WalOptions } from "../../../wal_options.ts";
import { systemClock } from "../../../writer/clock.ts";
import { assert, assertEquals, assertRejects } from "../../kit/assert.ts";
import { textsOf } from "../../kit/reader_kit.ts";
import { test } from "../../kit/register.ts";

const QUIET: WalOptions = { warn() {}, segmentBytes: 4096 };

const STEPS = [STAGE.writing, STAGE.written, STAGE.syncing, STAGE.synced];

/** A log whose thread ends before its task numbered `end` reaches `stage`. */
async function openEnding(
  end: number,
  stage: Stage,
  onCall?: (task: number) => CallEffect | undefined,
) {
  let task = 0;
  let seen: Stage = STAGE.synced;
  const storage = new MemoryStorage({
    onStage: (next) => {
      if (next <= seen) task++;
      seen = next;
      return task === end && next === stage ? "a test ended it" : undefined;
    },
    onCall: ({ operation }) =>
      operation === "datasync" ? onCall?.(task) : undefined,
  });
  const wal = await Wal.open(storage, { ...QUIET, flushing: "thread" });
  return { storage, wal };
}

/** What the log in a storage holds. */
async function contentOf(storage: MemoryStorage): Promise<string[]> {
  const wal = await Wal.open(storage, QUIET);
  const texts = await textsOf(wal);
  await wal.close();
  return texts;
}

test("ThreadedCommits goes on where a thread has ended, at each step of each task, at each level", async () => {
  const random = seeded(1);
  for (const stage of STEPS) {
    for (let end = 1; end <= 6; end++) {
      for (const ack of ["os", "disk"] as const) {
        const isSyncStep = stage === STAGE.syncing || stage === STAGE.synced;
        if (ack === "os" && isSyncStep) continue;
        const { storage, wal } = await openEnding(end, stage);
        const sent: string[] = [];
        for (let nth = 0; nth < 9; nth++) {
          // Long enough to fill a segment and begin the next.
          sent.push(`${nth} `.padEnd(nth === 4 ? 3000 : 200));
          assertEquals(await wal.append(sent.at(-1)!, { ack }), nth + 1);
          for (let crash = 0; crash < 3; crash++) {
            const kept = await contentOf(storage.crash(random));
            assertEquals(kept, sent.slice(0, kept.length));
            if (ack === "disk") assertEquals(kept.length, sent.length);
          }
          assertEquals(await contentOf(storage.kill()), sent);
        }
        assertEquals(wal.health.status, "degraded");
        assert(/a test ended it/.test(wal.health.reasons[0]));
        await wal.configure({ flushing: "thread" });
        assertEquals(wal.health.status, "healthy");
        sent.push("and on");
        assertEquals(await wal.append("and on"), sent.length);
        assertEquals(await textsOf(wal), sent);
        await wal.close();
        assertEquals(await contentOf(storage), sent);
      }
    }
  }
});

test("ThreadedCommits writes the same bytes once more if a thread has ended while it wrote", async () => {
  for (const stage of [STAGE.written, STAGE.synced]) {
    let before: Uint8Array | undefined;
    let time = 1000;
    const storage: MemoryStorage = new MemoryStorage({
      onStage: (next) => {
        const name = storage.list().find((one) => one.endsWith(".wal"));
        before = name === undefined ? undefined : storage.get(name);
        return before && next === stage ? "a test ended it" : undefined;
      },
    });
    // Another frame would have another time, and so another checksum.
    const clock = { ...systemClock, wallTime: () => time += 1000 };
    const wal = await Wal.open(storage, {
      ...QUIET,
      flushing: "thread",
      clock,
    });
    await wal.append("the first makes the segment");
    await wal.append("seen by a reader");
    const name = storage.list().find((one) => one.endsWith(".wal"))!;
    const after = storage.get(name)!;
    assertEquals(before!.length > 100, true);
    assertEquals(after.subarray(0, before!.length), before);
    await wal.close();
  }
});

test("ThreadedCommits stops the log for good if a sync fails on the thread, or after it", async () => {
  for (const end of [0, 3]) {
    // The thread ends before its sync, and that of the log fails.
    let failures = 0;
    const { storage, wal } = await openEnding(
      end,
      STAGE.syncing,
      (task) => task === 3 && failures++ === 0 ? { error: "EIO" } : undefined,
    );
    for (let nth = 0; nth < 3; nth++) await wal.append("acknowledged");
    await assertRejects(() => wal.append("refused"), Error, "EIO");
    await assertRejects(() => wal.append("after"), Error, "EIO");
    await wal.close().catch(() => {});
    const texts = await contentOf(storage.crash(() => 0));
    assertEquals(texts, ["acknowledged", "acknowledged", "acknowledged"]);
  }
});

test("ThreadedCommits leaves a full disk to the log, which frees what it keeps", async () => {
  for (let failing = 1; failing <= 12; failing++) {
    let writes = 0;
    let isFull = false;
    const storage = new MemoryStorage({
      onCall: ({ operation, file }) => {
        if (operation !== "write" || !file.endsWith(".wal")) return;
        if (++writes === failing) isFull = true;
        return isFull ? { error: "ENOSPC", bytes: writes % 40 } : undefined;
      },
    });
    const wal = await Wal.open(storage, { ...QUIET, flushing: "thread" });
    const sent: string[] = [];
    for (let nth = 0; nth < 12; nth++) {
      try {
        const lsn = await wal.append(`${nth}`.padEnd(400));
        sent.push(`${nth}`.padEnd(400));
        assertEquals(lsn, sent.length);
      } catch (error) {
        assertEquals((error as Error).name, "StorageFullError");
        isFull = false;
      }
    }
    assertEquals(await textsOf(wal), sent);
    assertEquals(await contentOf(storage.crash(() => 0)), sent);
    await wal.close();
    assert(sent.length >= 11);
  }
});

/**
 * Goal: a flush thread starts and stops on demand, while the log is in use, and
 * none is left over.
 *
 * @module
 */
import { AgePolicy } from "../policies/age_policy.ts";
import { MemoryStorage } from "../storage/memory/memory_storage.ts";
import { Wal } from "../wal.ts";
import { assert, assertEquals, assertRejects } from "./kit/assert.ts";
import { FakeFrameLog } from "./kit/fake_frame_log.ts";
import { test } from "./kit/register.ts";
import { withTempDir } from "./kit/temp_dir.ts";
import { ThreadedStorage } from "./kit/threaded_storage.ts";
import { readAgain, THREADED, until } from "./kit/threaded_log.ts";

test("Wal.configure() moves a log under load to a thread and back, again and again", async () => {
  await withTempDir(async (dir) => {
    const wal = await Wal.open(dir, { warn() {}, segmentBytes: 16_384 });
    const sent = new Map<number, string>();
    let isOver = false;
    const senders = Array.from({ length: 8 }, async (_, sender) => {
      for (let nth = 0; !isOver; nth++) {
        const record = `${sender}:${nth}`;
        const lsn = await wal.append(record);
        assertEquals(sent.has(lsn), false);
        sent.set(lsn, record);
      }
    });
    const changes = ["thread", "inline", "auto", "thread", "auto", "inline"];
    for (const flushing of [...changes, ...changes]) {
      await wal.configure({ flushing: flushing as "thread" });
      assertEquals(wal.settings.flushing, flushing);
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
    isOver = true;
    await Promise.all(senders);
    await wal.close();
    const texts = await readAgain(dir);
    assertEquals(texts.length, sent.size);
    texts.forEach((text, at) => assertEquals(text, sent.get(at + 1)));
  });
});

test("Wal with a thread waits out a short window without its own timers", async () => {
  await withTempDir(async (dir) => {
    const policy = new AgePolicy({ ms: 0.5 });
    const wal = await Wal.open(dir, { ...THREADED, policy });
    for (let nth = 0; nth < 5; nth++) await wal.append(`${nth}`);
    // The thread is stopped while the log waits for its window.
    const waiting = wal.append("5");
    await wal.configure({ flushing: "inline" });
    await waiting;
    assertEquals(wal.durableLsn, 6);
    await wal.close();
  });
});

test("Wal.close() leaves no thread behind, whatever configure() is doing", async () => {
  const choices = ["thread", "inline", "auto"] as const;
  for (const first of choices) {
    for (const second of choices) {
      for (const isSync of [false, true]) {
        await withTempDir(async (dir) => {
          const storage = new ThreadedStorage(dir);
          const wal = await Wal.open(storage, { flushing: first, warn() {} });
          await wal.append("a");
          const acked = wal.append("b");
          const changes = [
            wal.configure({ flushing: second }),
            wal.configure({ flushing: first }),
            wal.configure({ flushing: second }),
          ];
          if (isSync) wal.closeSync();
          else await wal.close();
          await Promise.allSettled(changes);
          assertEquals(await acked, 2);
          await until(() => storage.running === 0);
          assertEquals(await readAgain(dir), ["a", "b"]);
        });
      }
    }
  }
});

test("Wal refuses a thread where there can be none", async () => {
  const storage = new MemoryStorage();
  storage.startThread = undefined as never;
  await assertRejects(
    () => Wal.open(storage, THREADED),
    TypeError,
    "has no method startThread",
  );
  await assertRejects(
    () => Wal.open(new FakeFrameLog(), THREADED),
    TypeError,
    "the frame log has no method startThread",
  );
  const wal = await Wal.open(storage);
  const change = { flushing: "thread", maxQueuedRecords: 7 } as const;
  await assertRejects(() => wal.configure(change), TypeError);
  assertEquals(wal.settings.flushing, "inline");
  assertEquals(wal.settings.maxQueuedRecords, 10_000);
  await wal.append("as before");
  await wal.close();
  await assertRejects(
    () => Wal.open(storage, { flushing: "somewhere" as "thread" }),
    TypeError,
    "flushing",
  );
});

test("Wal goes on inline if a thread cannot be started", async () => {
  await withTempDir(async (dir) => {
    const storage = new ThreadedStorage(dir, 'throw new Error("no memory")');
    const wal = await Wal.open(storage, THREADED);
    assertEquals(wal.health.status, "degraded");
    assert(/no memory/.test(wal.health.reasons[0]));
    await wal.append("inline");
    await wal.configure({ flushing: "inline" });
    assertEquals(wal.health.status, "healthy");
    await wal.close();
  });
});

test("Wal.configure() calls for a thread and back count in their order", async () => {
  const wal = await Wal.open(new MemoryStorage(), { warn() {} });
  const ack = wal.append("flushed before the policy changes");
  await Promise.all([
    wal.configure({ policy: new AgePolicy({ ms: 1 }), flushing: "thread" }),
    wal.configure({ flushing: "inline" }),
  ]);
  assertEquals(wal.settings.flushing, "inline");
  assertEquals(wal.stats().thread.status, "none");
  await ack;
  await wal.close();
});

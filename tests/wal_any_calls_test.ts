/**
 * Goal: whatever is called in whatever order, on a storage that is slow or full
 * at times, no acknowledgement is false, none is forgotten, and what the log
 * says about itself is true at every instant.
 *
 * @module
 */
import fc from "fast-check";
import { AgePolicy } from "../policies/age_policy.ts";
import { CountPolicy } from "../policies/count_policy.ts";
import { LeaderCommitPolicy } from "../policies/leader_commit_policy.ts";
import { CompactedError } from "../storage/frame_log.ts";
import { MemoryStorage } from "../storage/memory/memory_storage.ts";
import { StorageFullError } from "../storage/storage_error.ts";
import { Wal } from "../wal.ts";
import type { WalOptions } from "../wal_options.ts";
import { QueueFullError } from "../writer/append_queue.ts";
import { FlushInProgressError } from "../writer/flush_in_progress_error.ts";
import { anotherTurn } from "./kit/another_turn.ts";
import { assert, assertEquals } from "./kit/assert.ts";
import { test } from "./kit/register.ts";

const QUIET: WalOptions = { warn() {} };
const POLICIES = [
  () => new LeaderCommitPolicy(),
  () => new AgePolicy({ ms: 1 }),
  () => new CountPolicy({ records: 5, whenIdle: "wait" }),
];

/** Calls and events; `n` from 0 to 99 chooses the details. */
const STEPS = fc.array(
  fc.tuple(
    fc.constantFrom(
      ...["append", "append", "append", "enqueue", "flushSync"] as const,
      ...["flush", "configure", "truncateAfter", "truncateBefore"] as const,
      ...["turn", "turn", "slow", "fast", "full", "room"] as const,
    ),
    fc.nat(99),
  ),
  { maxLength: 40 },
);

type Steps = typeof STEPS extends fc.Arbitrary<infer Steps> ? Steps : never;

/** A cut to a record that a slow `truncateBefore` drops before its turn comes. */
const OVERTAKEN: Steps = [
  ["append", 0],
  ["truncateAfter", 0],
  ["slow", 0],
  ["truncateBefore", 0],
  ["truncateAfter", 29],
];

/** A storage whose writes and syncs can be slow, or find no space. */
function moodyStorage() {
  const mood = { isSlow: false, isFull: false };
  let held: (() => void)[] = [];
  const storage = new MemoryStorage({
    onCall({ operation }) {
      if (mood.isFull && operation === "write") return { error: "ENOSPC" };
      if (!mood.isSlow || operation !== "datasync") return undefined;
      return { after: new Promise<void>((release) => held.push(release)) };
    },
  });
  const release = () => {
    for (const resolve of held) resolve();
    held = [];
  };
  return { storage, mood, release };
}

/** Fails for an error that is not one of those to expect. */
function expected(error: unknown): void {
  const isExpected = error instanceof StorageFullError ||
    error instanceof QueueFullError || error instanceof FlushInProgressError;
  if (!isExpected) throw error;
}

/** What a log claims at an instant is true of what a crash leaves. */
async function checkClaims(wal: Wal, storage: MemoryStorage): Promise<void> {
  const { lastLsn, writtenLsn, durableLsn } = wal;
  const { atRisk } = wal.stats();
  const meta = `${wal.meta}`;
  const [crashed, killed] = [storage.crash(() => 0), storage.kill()];
  const afterCrash = await Wal.open(crashed, QUIET);
  assert(afterCrash.lastLsn >= durableLsn, "durable records are lost");
  assertEquals(atRisk.records, lastLsn - durableLsn);
  assertEquals(atRisk.records > 0, atRisk.bytes > 0);
  const afterKill = await Wal.open(killed, QUIET);
  assert(afterKill.lastLsn >= writtenLsn, "written records are lost");
  assertEquals(`${afterKill.meta}`, meta);
}

test("Wal keeps its promises, whatever is called in whatever order", async () => {
  const check = async (
    steps: readonly (readonly [string, number])[],
    synchronous: "full" | "normal" | "off",
  ) => {
    const { storage, mood, release } = moodyStorage();
    const options = { maxQueuedRecords: 3, maxQueuedBytes: 2000, synchronous };
    const never = synchronous === "off" ? {} : { syncIntervalMs: Infinity };
    const sizes = { segmentBytes: 4096, ...options, ...never };
    const wal = await Wal.open(storage, { ...QUIET, ...sizes });
    const acked = new Map<number, string>();
    const calls: Promise<unknown>[] = [];
    const append = (n: number) => {
      const text = `${calls.length}`.padEnd(1 + n * 9);
      const records = n % 4 === 0 ? [text, `${text}+`] : [text];
      const ack = n % 3 === 0 ? "os" : "disk";
      const meta = n % 5 === 0 ? text.trim() : undefined;
      const appended = n % 2 === 0
        ? wal.appendBatch(records, { ack, meta, receipt: true })
        : wal.appendBatch(records, { ack, meta });
      calls.push(appended.then(({ first }) => {
        records.forEach((record, at) => {
          assert(!acked.has(first + at), "an LSN is acknowledged twice");
          acked.set(first + at, record);
        });
      }, expected));
    };
    const truncateAfter = async (n: number) => {
      Object.assign(mood, { isSlow: false, isFull: false });
      release();
      // What never flushes by itself would keep it waiting for room.
      await wal.flush().catch(expected);
      const lsn = Math.max(wal.firstLsn - 1, wal.lastLsn - n % 4);
      try {
        await wal.truncateAfter(lsn);
      } catch (error) {
        // An earlier `truncateBefore` that was slow has dropped more since.
        if (!(error instanceof CompactedError)) throw error;
        assert(lsn < wal.firstLsn - 1, "nothing was dropped that was needed");
        return;
      }
      for (const at of acked.keys()) if (at > lsn) acked.delete(at);
    };
    const truncateBefore = (n: number) => {
      const lsn = Math.max(1, wal.writtenLsn + 1 - n % 3);
      calls.push(wal.truncateBefore(lsn).catch(expected));
    };
    const flushSync = () => {
      const { isSlow } = mood;
      mood.isSlow = false;
      wal.flushSync();
      mood.isSlow = isSlow;
    };
    const act: Record<string, (n: number) => unknown> = {
      ...{ append, truncateAfter, truncateBefore, flushSync },
      enqueue: (n) => wal.enqueue(`${n}`),
      flush: () => calls.push(wal.flush().catch(expected)),
      configure: (n) =>
        calls.push(
          wal.configure({
            policy: POLICIES[n % 3](),
            maxQueuedRecords: 1 + n % 4,
          }).catch(expected),
        ),
      turn: () => anotherTurn(),
      slow: () => mood.isSlow = true,
      fast: () => (mood.isSlow = false, release()),
      full: () => mood.isFull = true,
      room: () => mood.isFull = false,
    };
    for (const [step, n] of steps) {
      try {
        await act[step](n);
      } catch (error) {
        expected(error);
      }
      await checkClaims(wal, storage);
    }
    Object.assign(mood, { isSlow: false, isFull: false });
    const closing = wal.close().catch(expected);
    release();
    await closing;
    await Promise.all(calls);
    const again = await Wal.open(storage, QUIET);
    for await (const { lsn, data } of again.read()) {
      const text = new TextDecoder().decode(data);
      assertEquals(acked.get(lsn) ?? text, text);
      acked.delete(lsn);
    }
    assert([...acked.keys()].every((lsn) => lsn < again.firstLsn));
    await again.close();
  };
  const synchronous = fc.constantFrom("full", "normal", "off");
  await fc.assert(
    fc.asyncProperty(
      STEPS,
      synchronous,
      (steps, synchronous) => check(steps, synchronous),
    ),
    { numRuns: 200, examples: [[OVERTAKEN, "full"]] },
  );
});

/*
 * Goal: on every runtime, system calls happen in the order that an
 * acknowledgement promises. Method: strace records them; a model of a disk that
 * loses all that is not synced follows them, and at each acknowledgement the
 * record has to be on it. Storages that lie show that the checker sees what it
 * should.
 */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import {
  assertEquals,
  assertGreater,
  assertMatch,
  assertRejects,
} from "../kit/assert.ts";
import { checkTrace, type TraceFindings } from "../kit/process/check_trace.ts";
import { runChild } from "../kit/process/child.ts";
import { replayPowerLoss } from "../kit/process/replay_power_loss.ts";
import {
  bundleVictim,
  type Runtime,
  runtimes,
} from "../kit/process/runtimes.ts";
import {
  type Fault,
  readTrace,
  traced,
  tracedTest,
} from "../kit/process/strace.ts";
import type { TraceEvent } from "../kit/process/trace_call.ts";
import { TracedDisk } from "../kit/process/traced_disk.ts";
import type { Lie } from "../kit/process/victims/lying_storage.ts";
import type { OrderlyOrders } from "../kit/process/victims/orderly.ts";
import { withTempDir } from "../kit/temp_dir.ts";

const SEED = 7;
const node = runtimes.find(({ name }) => name === "Node")!;

tracedTest(
  "Wal acks nothing before its sync is complete, on every runtime",
  async () => {
    await withTempDir(async (scratch) => {
      const victim = await bundleVictim("orderly", scratch);
      for (const runtime of runtimes) {
        for (const io of ["blocking", "threaded"] as const) {
          const name = `${runtime.name}-${io}`;
          const { problems, seen } = await trace(runtime, victim, {
            ...ordersIn(`${scratch}/${name}`),
            io,
          });
          assertEquals(problems, [], name);
          assertEquals([seen.diskAcks, seen.osAcks], [83, 78], name);
          assertGreater(seen.syncs, 40, name);
          assertGreater(seen.segments, 5, name);
          assertGreater(seen.directorySyncs, seen.segments, name);
          assertGreater(seen.zerosAhead, 0, name);
          assertGreater(seen.segmentSyncs, 40, name);
          const elsewhere = io === "threaded" ? seen.segmentSyncs : 0;
          assertEquals(seen.threadedSyncs, elsewhere, name);
        }
      }
    });
  },
);

tracedTest(
  "Wal.open() finds what was acked when power is lost at any call",
  async () => {
    await withTempDir(async (scratch) => {
      const victim = await bundleVictim("orderly", scratch);
      const seed = Math.floor(Math.random() * 2 ** 31);
      for (const runtime of runtimes) {
        const orders = ordersIn(`${scratch}/${runtime.name}`);
        await trace(runtime, victim, { ...orders, io: "threaded" });
        const events = readTrace(`${orders.notes}.trace`);
        const cuts = await replayPowerLoss(events, orders, { seed, every: 8 });
        assertGreater(cuts, 30, runtime.name);
      }
    });
  },
);

const LIES: [Lie, RegExp][] = [
  ["skips syncs", /^record 1 was acked at disk too early: it is not there/],
  ["hurries syncs", /^record \d+ was acked at disk too early/],
  ["writes late", /^record 1 was acked at disk too early/],
  ["renames early", /gets its name before it is synced/],
  ["skips directory syncs", /^record 1 was acked at disk too early: it is not/],
  ["writes in place", /^write to .* at 0, which is written already/],
];

tracedTest("checkTrace() detects a storage that lies", async () => {
  await withTempDir(async (scratch) => {
    const victim = await bundleVictim("orderly", scratch);
    for (const [lie, expected] of LIES) {
      const orders = { ...ordersIn(`${scratch}/${lie}`), lie };
      const { problems } = await trace(node, victim, orders);
      const first = problems.find((problem) => expected.test(problem));
      assertEquals(first !== undefined, true, `${lie}: ${problems[0]}`);
    }
  });
});

tracedTest("replayPowerLoss() detects a storage that lies", async () => {
  await withTempDir(async (scratch) => {
    const victim = await bundleVictim("orderly", scratch);
    for (const lie of ["skips syncs", "skips directory syncs"] as const) {
      const orders = { ...ordersIn(`${scratch}/${lie}`), lie };
      await trace(node, victim, orders);
      const events = readTrace(`${orders.notes}.trace`);
      const options = { seed: SEED, every: 8 };
      const replay = () => replayPowerLoss(events, orders, options);
      const { cause } = await assertRejects(replay, Error, "seed 7");
      // Which of them is found first, the order of the calls decides.
      assertMatch(String(cause), /was displaced|acked in round 0, is lost/);
    }
  });
});

tracedTest("checkTrace() detects a retry of a failed sync", async () => {
  await withTempDir(async (scratch) => {
    const victim = await bundleVictim("orderly", scratch);
    const lie: Lie = "retries syncs";
    const orders = { ...ordersIn(`${scratch}/log`), lie };
    const fault = { calls: "fdatasync", what: "error=EIO:when=5" };
    const { problems } = await trace(node, victim, orders, fault);
    assertEquals(problems.some((problem) => /tried again/.test(problem)), true);
  });
});

tracedTest(
  "Wal.open() syncs the parent of a directory that was there",
  async () => {
    await withTempDir(async (scratch) => {
      const victim = await bundleVictim("orderly", scratch);
      for (const runtime of runtimes) {
        const orders = ordersIn(`${scratch}/${runtime.name}`);
        mkdirSync(orders.directory, { recursive: true });
        await trace(runtime, victim, orders);
        const events = readTrace(`${orders.notes}.trace`);
        assertEquals(firstSynced(events), dirname(orders.directory));
      }
    });
  },
);

/** The path of the first directory that was synced. */
function firstSynced(events: TraceEvent[]): string | undefined {
  const disk = new TracedDisk();
  for (const event of events) {
    disk.follow(event);
    const { at, call } = event;
    if (call.name === "fsync" && at === "start") {
      return disk.pathOf(call.args[0]);
    }
  }
  return undefined;
}

function ordersIn(scratch: string): OrderlyOrders {
  mkdirSync(scratch);
  const [directory, notes] = [`${scratch}/made/log`, `${scratch}/notes`];
  return { directory, notes, seed: SEED, io: "blocking" };
}

async function trace(
  { command }: Runtime,
  victim: string,
  orders: OrderlyOrders,
  fault?: Fault,
): Promise<TraceFindings> {
  const file = `${orders.notes}.trace`;
  const codes = orders.lie === undefined ? [0] : [0, 3];
  const args = [...command, victim, JSON.stringify(orders)];
  await runChild(traced(args, file, fault), { codes });
  return checkTrace(readTrace(file), orders);
}

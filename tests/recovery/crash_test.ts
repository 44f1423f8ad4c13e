/*
 * Goal: no crash loses an acknowledged record. Method: run a workload, cut the
 * power at every storage call in turn, let the disk keep, drop, tear and
 * garble what was not synced, recover, and compare with what was promised.
 */
import fc from "fast-check";
import { MemoryStorage } from "../../storage/memory_storage.ts";
import { assertGreater } from "../support/assert.ts";
import {
  check,
  cutAt,
  emptyHistory,
  run,
  seeded,
  type Step,
} from "../support/crash_harness.ts";
import { test } from "../support/register.ts";

const append = (
  bytes: number,
  ack: "memory" | "os" | "disk" = "disk",
): Step => ({
  kind: "append",
  bytes,
  ack,
});
const flush: Step = { kind: "flush" };
const turn: Step = { kind: "turn" };

const WORKLOADS: Record<string, Step[]> = {
  "one by one": [append(10), turn, append(0), turn, append(700), turn],
  "a burst and a batch": [
    append(10),
    append(600),
    { kind: "batch", bytes: [5, 0, 1200, 3] },
    turn,
    { kind: "batch", bytes: [700, 700] },
  ],
  "rotation": [
    append(3000),
    turn,
    append(3000),
    turn,
    append(3000),
    append(10),
    turn,
  ],
  "written, then synced": [
    append(20, "os"),
    turn,
    append(600, "os"),
    turn,
    append(30, "memory"),
    turn,
    append(40),
    turn,
    append(50, "os"),
    turn,
    flush,
  ],
  "unsynced frames across a rotation": [
    append(3000, "os"),
    turn,
    append(3000, "os"),
    turn,
    append(700, "os"),
    turn,
  ],
  "a checkpoint": [
    append(3000),
    turn,
    append(3000),
    turn,
    { kind: "truncate" },
    append(3000),
    turn,
  ],
};

const CHOICES = {
  "all is lost": () => 0,
  "all is kept": (choices: number) => Math.min(1, choices - 1),
  "all is torn": (choices: number) => choices - 1,
  "seed 1": seeded(1),
  "seed 2": seeded(2),
  "seed 3": seeded(3),
};

for (const [name, steps] of Object.entries(WORKLOADS)) {
  test(`Wal.open() loses nothing after a crash at any call: ${name}`, async () => {
    const states = await crashEverywhere(steps);
    assertGreater(states, 20);
  });
}

/** Returns the number of crashes that were recovered from. */
async function crashEverywhere(steps: Step[]): Promise<number> {
  let states = 0;
  for (let at = 0;; at++) {
    const cut = cutAt(at);
    const storage = new MemoryStorage(cut);
    const before = emptyHistory();
    await run(storage, steps, before);
    for (const choose of Object.values(CHOICES)) {
      const history = structuredClone(before);
      const survivor = storage.crash(choose);
      await check(survivor, history);
      await run(survivor, steps, history);
      await check(survivor.crash(choose), history);
      states += 2;
    }
    if (cut.calls <= at) return states;
  }
}

test("Wal.open() loses nothing after a crash inside recovery", async () => {
  const steps = WORKLOADS["written, then synced"];
  for (let at = 3; at < 60; at += 2) {
    const storage = new MemoryStorage(cutAt(at));
    const before = emptyHistory();
    await run(storage, steps, before);
    for (let inside = 0; inside < 20; inside++) {
      const choose = seeded(at * 100 + inside);
      const history = structuredClone(before);
      const recovering = storage.crash(choose, cutAt(inside));
      await run(recovering, [], history);
      const survivor = recovering.crash(choose);
      await check(survivor, history);
      await run(survivor, steps, history);
      await check(survivor.crash(choose), history);
    }
  }
});

test("Wal.open() finds what was acked at os after a kill", async () => {
  const steps = WORKLOADS["written, then synced"];
  for (let at = 0; at < 40; at++) {
    const storage = new MemoryStorage(cutAt(at));
    const history = emptyHistory();
    await run(storage, steps, history);
    await check(storage.kill(), history, history.writtenLsn);
  }
});

test("Wal.open() makes durable what it finds, before it is read", async () => {
  const steps = WORKLOADS["unsynced frames across a rotation"];
  for (let at = 6; at < 40; at++) {
    const storage = new MemoryStorage(cutAt(at));
    const history = emptyHistory();
    await run(storage, steps, history);
    const killed = storage.kill();
    await check(killed, history, history.writtenLsn);
    // What `check` has read now counts as durable.
    await check(killed.crash(() => 0), history);
  }
});

test("Wal.open() loses nothing after a crash: any workload", async () => {
  const ack = fc.constantFrom("memory", "os", "disk" as const) as fc.Arbitrary<
    "memory" | "os" | "disk"
  >;
  const bytes = fc.oneof(fc.nat(40), fc.nat(3000));
  const step: fc.Arbitrary<Step> = fc.oneof(
    {
      arbitrary: fc.record({
        kind: fc.constant("append" as const),
        bytes,
        ack,
      }),
      weight: 6,
    },
    {
      arbitrary: fc.record({
        kind: fc.constant("batch" as const),
        bytes: fc.array(bytes, { minLength: 1, maxLength: 4 }),
      }),
      weight: 2,
    },
    { arbitrary: fc.constant(turn), weight: 4 },
    { arbitrary: fc.constant(flush), weight: 1 },
    { arbitrary: fc.constant<Step>({ kind: "truncate" }), weight: 1 },
  );
  const workload = fc.array(step, { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({ workload, at: fc.nat(60), seed: fc.nat() }),
        { minLength: 1, maxLength: 3 },
      ),
      async (lives) => {
        const history = emptyHistory();
        let storage = new MemoryStorage(cutAt(lives[0].at));
        for (const [index, { workload, seed }] of lives.entries()) {
          await run(storage, workload, history);
          const next = cutAt(lives[index + 1]?.at ?? Infinity);
          const survivor = storage.crash(seeded(seed));
          const reopened = survivor.kill(next);
          await check(survivor, history);
          storage = reopened;
        }
      },
    ),
    { numRuns: 150 },
  );
});

/*
 * Goal: no crash loses what a checkpoint, a cursor or both were told to keep.
 * Method: a program with a state and a consumer, in small workloads; every
 * instant, the disks that the fault model allows there, each call failing once;
 * then recovery, which consumes, commits and checkpoints, is crashed as well.
 */
import fc from "fast-check";
import { explore, type ExploreOptions } from "../../testing/mod.ts";
import {
  consumerCheck,
  type ConsumerStep,
  consumerWorkload,
} from "../kit/consumer_log.ts";
import { test } from "../kit/register.ts";
import { depthOf, shareIndex, shareOf } from "../kit/share.ts";

/** What is tried of a workload that another runtime explores in depth. */
const SHALLOW: ExploreOptions = {
  ...{ faults: false, crashes: 1 },
  ...{ bound: 2, samples: 1 },
};

let workloads = 0;

async function crashEverywhere(
  steps: readonly ConsumerStep[],
  options: ExploreOptions = {},
  isReading = false,
): Promise<void> {
  const depth = depthOf(workloads++);
  if (depth === "not at all") return;
  const workload = consumerWorkload(steps, isReading);
  await explore(workload, consumerCheck(isReading), {
    seed: shareIndex,
    bound: 8,
    samples: 1,
    print: () => {},
    ...options,
    ...depth === "shallow" ? SHALLOW : {},
  });
}

const append = (bytes: number, ack: "os" | "disk" = "os"): ConsumerStep => ({
  do: "append",
  bytes,
  ack,
});
const flush: ConsumerStep = { do: "flush" };
const take = (count: number): ConsumerStep => ({ do: "take", count });
const commit: ConsumerStep = { do: "commit" };
const checkpoint: ConsumerStep = { do: "checkpoint" };
const cut: ConsumerStep = { do: "cut", count: 1 };

const WORKLOADS: Record<string, ConsumerStep[]> = {
  "a checkpoint of records that are not synced": [
    append(10),
    append(700),
    checkpoint,
    append(20),
    checkpoint,
    append(30),
  ],
  "checkpoints across segments": [
    append(3000),
    append(3000),
    checkpoint,
    append(3000, "disk"),
    take(2),
    commit,
    { do: "checkpoint", keep: 2 },
    append(10),
    checkpoint,
  ],
  "a checkpoint of an older state": [
    append(10),
    append(10),
    { do: "checkpoint", lag: 1 },
    { do: "checkpoint", lag: 0 },
    { do: "reopen" },
    append(10),
    checkpoint,
  ],
  "a consumer that commits": [
    append(10, "disk"),
    append(10, "disk"),
    take(1),
    commit,
    take(1),
    commit,
    append(700),
    flush,
    take(1),
    commit,
    { do: "reopen" },
    append(10, "disk"),
    take(1),
    commit,
  ],
  "a consumer whose records are cut off": [
    append(10, "disk"),
    append(10, "disk"),
    take(2),
    commit,
    cut,
    append(12, "disk"),
    take(1),
    commit,
    append(700),
  ],
  "a snapshot of records that are cut off": [
    append(10),
    append(10),
    checkpoint,
    cut,
    append(12),
    append(12, "disk"),
    take(3),
    commit,
    checkpoint,
  ],
  "a consumer behind checkpoints": [
    append(3000, "disk"),
    append(3000),
    checkpoint,
    take(1),
    commit,
    checkpoint,
    append(10, "disk"),
    take(2),
    commit,
    checkpoint,
  ],
};

const DEVICES: Record<string, ExploreOptions> = {
  "posix": { fileSystem: "posix", sectorBytes: 512, samples: 2 },
  "posix, faults": { bound: 2, samples: 0, faults: true },
  "ext4, 4096": { fileSystem: "ext4", sectorBytes: 4096 },
  "posix, slow": { fileSystem: "posix", sectorBytes: 4096, slow: true },
};

for (const [name, steps] of Object.entries(WORKLOADS)) {
  for (const [device, options] of Object.entries(DEVICES)) {
    test(`Wal.checkpoint() and Cursor keep their promises: ${name}; ${device}`, async () => {
      await crashEverywhere(steps, options);
    });
  }
}

test("Cursor keeps its promises to a reader that has not looked since a cut", async () => {
  const steps = [
    append(10, "disk"),
    cut,
    append(10, "disk"),
    append(9, "disk"),
  ];
  await crashEverywhere([...steps, take(2), commit], {}, true);
});

for (const [name, steps] of Object.entries(WORKLOADS)) {
  test(`Cursor keeps its promises to a reader: ${name}`, async () => {
    await crashEverywhere(steps, {}, true);
  });
}

test("Wal.checkpoint() keeps its promises in every state that a crash can leave", async () => {
  const steps = [
    append(10, "disk"),
    take(1),
    commit,
    checkpoint,
    append(20),
    checkpoint,
  ];
  await crashEverywhere(steps, { crashes: 1, bound: 300 });
});

test("Wal.checkpoint() and Cursor keep their promises in three crashes in a row", async () => {
  const steps = [append(10, "disk"), take(1), commit, append(9), checkpoint];
  await crashEverywhere(steps, { crashes: 3, samples: 3 });
});

test("Wal.checkpoint() and Cursor keep their promises in any workload", async () => {
  const step: fc.Arbitrary<ConsumerStep> = fc.oneof(
    fc.record({
      do: fc.constant("append" as const),
      bytes: fc.constantFrom(10, 600, 3000),
      ack: fc.constantFrom("os" as const, "disk" as const),
    }),
    fc.constant<ConsumerStep>(flush),
    fc.record({
      do: fc.constant("take" as const),
      count: fc.integer({ min: 1, max: 3 }),
    }),
    fc.constant<ConsumerStep>(commit),
    fc.record({
      do: fc.constant("checkpoint" as const),
      keep: fc.integer({ min: 1, max: 2 }),
    }),
    fc.constant<ConsumerStep>({ do: "reopen" }),
    fc.constant<ConsumerStep>(cut),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 9 }),
      fc.nat(),
      async (steps, seed) => {
        await crashEverywhere(steps, { seed, bound: 4, samples: 1 });
      },
    ),
    { numRuns: shareOf(12), seed: shareIndex },
  );
});

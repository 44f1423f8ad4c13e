/*
 * Goal: no crash loses an acknowledged record. Method: small workloads under
 * every policy and mode; every instant, every disk that the fault model allows
 * there, each call failing once; then recovery is crashed as well.
 */
import fc from "fast-check";
import { writeFileSync } from "node:fs";
import process from "node:process";
import {
  explore,
  type ExploreOptions,
  walCheck,
  type WalStep,
  walSteps,
  walWorkload,
} from "../../testing/mod.ts";
import type { WalOptions } from "../../wal_options.ts";
import { assertGreaterOrEqual } from "../kit/assert.ts";
import { namedPolicies } from "../kit/named_policies.ts";
import { test } from "../kit/register.ts";
import { depthOf, shareIndex, shareOf } from "../kit/share.ts";

/** All states of this run. */
const digests = new Set<string>();

/** What is tried of a workload that another runtime explores in depth. */
const SHALLOW: ExploreOptions = {
  ...{ faults: false, crashes: 1 },
  ...{ bound: 2, samples: 1 },
};

let workloads = 0;

async function crashEverywhere(
  steps: readonly WalStep[],
  makeOptions: () => WalOptions,
  options: ExploreOptions = {},
): Promise<void> {
  const depth = depthOf(workloads++);
  if (depth === "not at all") return;
  const report = await explore(
    walWorkload(steps, makeOptions),
    walCheck(makeOptions),
    {
      ...{ seed: shareIndex, faults: true, print: () => {}, ...options },
      ...depth === "shallow" ? SHALLOW : {},
    },
  );
  for (const digest of report.digests) digests.add(digest);
}

const append = (bytes: number, ack?: "os" | "disk"): WalStep => ({
  do: "append",
  bytes,
  ack,
});
const turn: WalStep = { do: "turn" };
const flush: WalStep = { do: "flush" };

/** One caller waits for each record, by a flush, which no policy can refuse. */
const ONE_CALLER: WalStep[] = [
  append(10),
  flush,
  append(0),
  flush,
  append(700),
];

/** Many callers at once, one of them with a batch. */
const MANY_CALLERS: WalStep[] = [
  append(10),
  { do: "enqueue", bytes: 3 },
  append(600, "os"),
  { do: "appendBatch", bytes: [5, 0, 120] },
  turn,
  append(40, "disk"),
  { do: "wait", ms: 5 },
];

for (const synchronous of ["full", "normal", "off"] as const) {
  for (const [name, makePolicy] of Object.entries(namedPolicies)) {
    test(`Wal loses nothing acknowledged: ${synchronous}, ${name}`, async () => {
      const makeOptions = () => ({ synchronous, policy: makePolicy() });
      const bounds = { bound: 6, samples: 1 };
      await crashEverywhere(ONE_CALLER, makeOptions, bounds);
      await crashEverywhere(MANY_CALLERS, makeOptions, bounds);
    });
  }
}

const WORKLOADS: Record<string, WalStep[]> = {
  "rotation": [append(3000), flush, append(3000), turn, append(10), turn],
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
    flush,
    append(3000, "os"),
    { do: "wait", ms: 1 },
    { do: "truncate" },
    flush,
    { do: "truncate" },
    append(20),
    flush,
  ],
  "cut within a frame, and between frames": [
    { do: "appendBatch", bytes: [10, 20, 30] },
    append(700),
    { do: "cut", records: 2 },
    append(40),
    append(50),
    flush,
    { do: "cut", records: 1 },
    append(60, "os"),
    turn,
  ],
  "cut over segments, to nothing, and again": [
    append(3000),
    append(3000),
    flush,
    append(3000, "os"),
    turn,
    { do: "cut", records: 2 },
    append(10),
    { do: "cut", records: 2 },
    append(20),
    { do: "truncate" },
    flush,
  ],
  "written, then synced": [
    append(20, "os"),
    turn,
    append(600, "os"),
    turn,
    append(40, "disk"),
    turn,
    append(50, "os"),
    turn,
    flush,
  ],
  "zeros ahead of need": [
    ...Array(5).fill([append(100), flush]).flat(),
    ...Array(4).fill([append(200, "os"), turn]).flat(),
    append(3, "os"),
    turn,
    append(700),
    flush,
  ],
  "closed and opened again": [
    append(20),
    { do: "reopen" },
    append(30, "os"),
    turn,
    { do: "reopen" },
    append(10),
  ],
};

const DEVICES: Record<string, ExploreOptions> = {
  "posix": { fileSystem: "posix", sectorBytes: 512 },
  "posix, 4096": { fileSystem: "posix", sectorBytes: 4096 },
  "ext4": { fileSystem: "ext4", sectorBytes: 512 },
  "posix, slow": {
    ...{ fileSystem: "posix", sectorBytes: 4096, slow: true },
    ...{ bound: 4, samples: 1 },
  },
};

for (const [name, steps] of Object.entries(WORKLOADS)) {
  for (const [device, options] of Object.entries(DEVICES)) {
    test(`Wal loses nothing acknowledged: ${name}; ${device}`, async () => {
      const makeOptions = () => ({ segmentBytes: 4096 });
      const bounds = { bound: 10, samples: 1 };
      await crashEverywhere(steps, makeOptions, { ...bounds, ...options });
    });
  }
}

test("Wal loses nothing acknowledged: old segments used again; posix, slow", async () => {
  // Appends continue while a checkpoint drops segments.
  const steps: WalStep[] = [
    ...Array(4).fill([append(3000), flush]).flat(),
    { do: "truncate" },
    ...Array(3).fill([append(3000), turn, turn, turn]).flat(),
    append(9, "os"),
    { do: "wait", ms: 1 },
  ];
  const options = { ...DEVICES["posix, slow"], bound: 32, samples: 2 };
  await crashEverywhere(steps, () => ({ segmentBytes: 4096 }), options);
});

test("Wal loses nothing acknowledged in three crashes in a row", async () => {
  const steps = [append(10), flush, append(600, "os"), turn];
  await crashEverywhere(steps, () => ({}), { crashes: 3, samples: 4 });
});

test("Wal loses nothing acknowledged: any workload, any policy, any mode", async () => {
  const options = fc.record({
    synchronous: fc.constantFrom("full", "normal", "off"),
    policy: fc.constantFrom(...Object.keys(namedPolicies)),
    maxQueuedRecords: fc.constantFrom(1, 3, 10_000),
    seed: fc.nat(),
  });
  const steps = walSteps<fc.Arbitrary<WalStep[]>>(fc, { maxBytes: 3000 });
  await fc.assert(
    fc.asyncProperty(
      steps,
      options,
      async (steps, { policy, seed, ...rest }) => {
        const makeOptions = () => ({
          ...rest,
          segmentBytes: 4096,
          policy: namedPolicies[policy](),
        });
        const few = { seed, bound: 6, samples: 1, faults: false };
        await crashEverywhere(steps, makeOptions, few);
      },
    ),
    { numRuns: shareOf(60), seed: shareIndex }, // The soak draws others.
  );
});

test("crash states of this run are at least 20,000, or its share", () => {
  console.log(`explored ${digests.size} distinct crash states`);
  // For the runner, who counts what all runtimes have seen.
  const file = process.env["SYNCLINE_STATES"];
  if (file !== undefined) writeFileSync(file, [...digests].join("\n"));
  assertGreaterOrEqual(digests.size, shareOf(20_000));
});

/*
 * Goal: whatever a Raft log has acknowledged survives every crash: terms,
 * votes, entries, snapshots; and nothing that was cut comes back. Method: small
 * workloads next to a model; every instant, the disks that the fault model
 * allows there; then recovery and what follows it is crashed as well.
 */
import { explore, type ExploreOptions } from "@syncline/wal/testing";
import fc from "fast-check";
import { test } from "../../../kit/register.ts";
import { shareCases, shareIndex, shareOf } from "../../../kit/share.ts";
import {
  ModeledRaftLog,
  type RaftFact,
  type RaftStep,
} from "./modeled_raft_log.ts";

/** What is tried of a workload that another runtime explores in depth. */
const SHALLOW: ExploreOptions = { crashes: 1, bound: 2, samples: 1 };

/** What a node does after a crash. */
const AFTERWARDS: readonly RaftStep[] = [
  { do: "append", count: 1 },
  { do: "conflict", back: 1 },
  { do: "install", ahead: 3 },
];

const optionsFor = shareCases(SHALLOW);

/** Explores a workload in depth, unless another runtime does. */
async function share(
  steps: readonly RaftStep[],
  options: ExploreOptions,
): Promise<void> {
  const shared = optionsFor(options);
  if (shared !== undefined) await crashEverywhere(steps, shared);
}

async function crashEverywhere(
  steps: readonly RaftStep[],
  options: ExploreOptions,
): Promise<void> {
  await explore<RaftFact>(
    async (life) => await (await ModeledRaftLog.open(life)).take(steps),
    async (life) => await (await ModeledRaftLog.open(life)).take(AFTERWARDS),
    { seed: shareIndex, bound: 4, samples: 1, print() {}, ...options },
  );
}

const vote: RaftStep = { do: "vote" };
const append = (count: number, bytes?: number): RaftStep => ({
  ...{ do: "append", count },
  ...bytes !== undefined && { bytes },
});

const WORKLOADS: Record<string, RaftStep[]> = {
  "votes": [vote, vote, append(1), vote, { do: "reopen" }, vote],
  "entries in batches and alone": [
    ...[vote, append(3), { do: "propose", count: 4 } as const],
    ...[append(2, 3000), append(1)],
  ],
  "conflicts": [
    ...[vote, append(3), { do: "conflict", back: 2 } as const],
    ...[append(2), { do: "cut", back: 1 } as const, append(1)],
    ...[{ do: "conflict", back: 9 } as const, append(1)],
  ],
  "compaction": [
    ...[vote, append(4), { do: "compact", back: 2 } as const],
    ...[append(1), { do: "conflict", back: 1 } as const],
    ...[{ do: "compact", back: 0 } as const, append(1)],
  ],
  "a snapshot of entries that are missing": [
    ...[vote, append(2), { do: "install", ahead: 50, pieces: 3 } as const],
    ...[append(2), { do: "reopen" } as const, { do: "cut", back: 1 } as const],
    ...[append(1), { do: "install", ahead: 1 } as const, append(1)],
  ],
  "a snapshot of entries that are there, or others": [
    ...[vote, append(4), { do: "install", ahead: -2 } as const, append(1)],
    ...[vote, { do: "install", ahead: -2 } as const, append(2)],
    ...[
      { do: "compact", back: 1 } as const,
      { do: "install", ahead: 0 } as const,
    ],
  ],
};

const DEVICES: Record<string, ExploreOptions> = {
  "posix": { fileSystem: "posix", sectorBytes: 512 },
  "ext4, slow": {
    ...{ fileSystem: "ext4", sectorBytes: 4096, slow: true },
    ...{ bound: 3, crashes: 1 },
  },
};

for (const [name, steps] of Object.entries(WORKLOADS)) {
  for (const [device, options] of Object.entries(DEVICES)) {
    test(`RaftLog keeps its promises: ${name}; ${device}`, async () => {
      await share(steps, options);
    });
  }
}

test("RaftLog keeps its promises in any workload", async () => {
  const small = fc.integer({ min: 0, max: 3 });
  const count = fc.integer({ min: 1, max: 4 });
  const step: fc.Arbitrary<RaftStep> = fc.oneof(
    fc.record({
      do: fc.constant("append" as const),
      ...{ count, bytes: fc.constantFrom(0, 700, 3000) },
    }),
    fc.record({ do: fc.constant("propose" as const), count }),
    fc.record({ do: fc.constant("conflict" as const), back: small }),
    fc.record({ do: fc.constant("cut" as const), back: small }),
    fc.constant(vote),
    fc.record({ do: fc.constant("compact" as const), back: small }),
    fc.record({
      do: fc.constant("install" as const),
      ...{ ahead: fc.integer({ min: -3, max: 5 }), pieces: count },
    }),
    fc.constant<RaftStep>({ do: "reopen" }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 9 }),
      fc.nat(),
      (steps, seed) =>
        crashEverywhere([vote, ...steps], { seed, bound: 3, crashes: 1 }),
    ),
    { numRuns: shareOf(6), seed: shareIndex },
  );
});

/*
 * Goal: a reader shows nothing wrong, twice or too early, whatever the writer
 * does and wherever it dies. Method: small workloads with readers that look
 * after every change to the storage; each record shown counts as promised, and
 * every crash is tried.
 */
import {
  explore,
  type ExploreOptions,
  walCheck,
  type WalStep,
  walWorkload,
  withReaders,
} from "../../testing/mod.ts";
import type { WalOptions } from "../../wal_options.ts";
import { test } from "../kit/register.ts";
import { isMine, shareIndex } from "../kit/share.ts";

/** In depth on one runtime each. */
const DEEP: ExploreOptions = { bound: 4, samples: 1 };
const SHALLOW: ExploreOptions = { bound: 1, samples: 0 };

let workloads = 0;

async function crashEverywhere(
  steps: readonly WalStep[],
  options: WalOptions,
  deeper: ExploreOptions = {},
): Promise<void> {
  const depth = isMine(workloads++) ? { ...DEEP, ...deeper } : SHALLOW;
  const makeOptions = () => ({ segmentBytes: 4096, ...options });
  await explore(
    withReaders(walWorkload(steps, makeOptions)),
    withReaders(walCheck(makeOptions)),
    { seed: shareIndex, print: () => {}, ...depth },
  );
}

const append = (bytes: number, ack?: "os" | "disk"): WalStep => ({
  do: "append",
  bytes,
  ack,
});
const turn: WalStep = { do: "turn" };
const flush: WalStep = { do: "flush" };
const truncate: WalStep = { do: "truncate" };
const reopen: WalStep = { do: "reopen" };

const WORKLOADS: Record<string, WalStep[]> = {
  "single records": [append(10), flush, append(0), flush, append(700), flush],
  "batches": [
    append(600, "os"),
    { do: "appendBatch", bytes: [5, 0, 120] },
    turn,
    append(40, "disk"),
    { do: "wait", ms: 5 },
  ],
  "rotation": [append(3000), flush, append(3000), turn, append(10), turn],
  "unsynced frames across a rotation": [
    append(3000, "os"),
    turn,
    append(3000, "os"),
    turn,
    append(700, "os"),
    turn,
  ],
  "checkpoints and reused segments": [
    append(3000),
    flush,
    append(3000),
    flush,
    truncate,
    flush,
    append(3000),
    flush,
    truncate,
    append(20),
    flush,
  ],
  "cuts": [
    append(20),
    { do: "appendBatch", bytes: [5, 0, 12] },
    flush,
    { do: "cut", records: 2 },
    append(30),
    flush,
    { do: "cut", records: 1 },
    append(40, "os"),
    turn,
  ],
  "cuts over segments": [
    append(3000),
    flush,
    append(3000),
    flush,
    { do: "cut", records: 2 },
    append(20),
    flush,
  ],
  "openings": [append(20), reopen, append(30), reopen, append(5, "os"), turn],
};

test("WalReader believes no seal whose segment can lose its name", () =>
  // Recovery rewrites such records to a segment with a seal.
  crashEverywhere(
    [append(10, "os"), turn, append(20, "os"), turn],
    { synchronous: "off" },
    { bound: 16, samples: 16, seed: 1 },
  ));

for (const [name, steps] of Object.entries(WORKLOADS)) {
  for (const synchronous of ["full", "off"] as const) {
    test(`WalReader shows a lasting prefix: ${name}, ${synchronous}`, () =>
      crashEverywhere(steps, { synchronous }));
  }
}

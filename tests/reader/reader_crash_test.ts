/*
 * Goal: a reader shows nothing wrong, twice or too early, whatever the writer
 * does and wherever it dies. Method: small workloads with readers that look
 * after every change to the storage; each record shown counts as promised, and
 * every crash is tried.
 */
import { WalReader } from "../../reader/wal_reader.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import {
  explore,
  type ExploreOptions,
  walCheck,
  type WalStep,
  walWorkload,
  withReaders,
} from "../../testing/mod.ts";
import { afterChanges } from "../../testing/wal/after_changes.ts";
import { Wal } from "../../wal.ts";
import type { WalOptions } from "../../wal_options.ts";
import { assertEquals, assertGreaterOrEqual } from "../kit/assert.ts";
import { test } from "../kit/register.ts";
import { depthOf, shareIndex } from "../kit/share.ts";

/** In depth on one runtime each. */
const DEEP: ExploreOptions = { bound: 4, samples: 1 };
const SHALLOW: ExploreOptions = { crashes: 1, bound: 1, samples: 0 };

let workloads = 0;

async function crashEverywhere(
  steps: readonly WalStep[],
  options: WalOptions,
): Promise<void> {
  const depth = depthOf(workloads++);
  if (depth === "not at all") return;
  const makeOptions = () => ({ segmentBytes: 4096, ...options });
  await explore(
    withReaders(walWorkload(steps, makeOptions)),
    withReaders(walCheck(makeOptions)),
    {
      ...{ seed: shareIndex, print: () => {} },
      ...depth === "deep" ? DEEP : SHALLOW,
    },
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

/**
 * Opens a log while a reader looks, and demands after each change that all that
 * it shows is synced. Returns what a process leaves that is killed there.
 */
async function openWatched(storage: MemoryStorage): Promise<MemoryStorage[]> {
  const killed: MemoryStorage[] = [];
  const reader = await WalReader.open(storage);
  const wal = await Wal.open(afterChanges(storage, async () => {
    killed.push(storage.kill());
    await reader.refresh();
    const left = await Wal.open(storage.crash(() => 0));
    assertGreaterOrEqual(await left.flush(), reader.lastLsn);
  }));
  await reader.refresh();
  assertEquals(reader.lastLsn, 3);
  await wal.close();
  await reader.close();
  return killed;
}

test("WalReader believes no seal whose segment can lose its name", async () => {
  const storage = new MemoryStorage({ seed: 1 });
  const wal = await Wal.open(storage, { synchronous: "off" });
  await wal.append("one", { ack: "disk" });
  for (const text of ["two", "three"]) await wal.append(text);
  // Recovery rewrites such records to a segment with a seal; it is killed too.
  const killed = await openWatched(storage.kill());
  assertGreaterOrEqual(killed.length, 10);
  for (const storage of killed) await openWatched(storage);
});

for (const [name, steps] of Object.entries(WORKLOADS)) {
  for (const synchronous of ["full", "off"] as const) {
    test(`WalReader shows a lasting prefix: ${name}, ${synchronous}`, () =>
      crashEverywhere(steps, { synchronous }));
  }
}

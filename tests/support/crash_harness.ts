import { assert, assertEquals, assertGreaterOrEqual } from "./assert.ts";
import type { Choose } from "../../storage/_seeded.ts";
import type { MemoryStorage } from "../../storage/memory_storage.ts";
import { Wal } from "../../wal.ts";
import type { WalOptions } from "../../wal_options.ts";

/** One step of a workload. */
export type Step =
  | { kind: "append"; bytes: number; ack: "memory" | "os" | "disk" }
  | { kind: "batch"; bytes: number[] }
  | { kind: "flush" }
  | { kind: "truncate" }
  | { kind: "turn" };

/** What a run believes of its log; the log is checked against it. */
export interface History {
  /** The records by LSN, from LSN 1. */
  sent: Uint8Array[];
  /** Batches, by first and last LSN. */
  batches: { first: number; last: number }[];
  /** Highest LSN that was acknowledged as durable. */
  durableLsn: number;
  /** Highest LSN that was acknowledged as written or durable. */
  writtenLsn: number;
  /** Records below may be gone. */
  truncatedBelow: number;
}

/** The history of a log that was never used. */
export function emptyHistory(): History {
  return {
    sent: [],
    batches: [],
    durableLsn: 0,
    writtenLsn: 0,
    truncatedBelow: 1,
  };
}

/** Power is cut at storage call number `at`: this one and all later fail. */
export function cutAt(at: number): { onCall: () => void; calls: number } {
  const cut = {
    calls: 0,
    onCall() {
      if (cut.calls++ >= at) throw new Error("power was cut");
    },
  };
  return cut;
}

const OPTIONS: WalOptions = { segmentBytes: 4096, syncIntervalMs: Infinity };

/** Opens the log, runs the steps until they end or power is cut. */
export async function run(
  storage: MemoryStorage,
  steps: Step[],
  history: History,
  options: WalOptions = {},
): Promise<void> {
  const settle: Promise<unknown>[] = [];
  try {
    const wal = await Wal.open(storage, { ...OPTIONS, ...options });
    try {
      for (const step of steps) await take(wal, step, history, settle);
    } finally {
      keep(settle, wal.close());
      await Promise.allSettled(settle);
    }
  } catch (error) {
    const { message } = error as Error;
    assert(message.includes("power was cut"), `${(error as Error).stack}`);
  }
}

/** Recovers, checks every promise, and forgets what was never promised. */
export async function check(
  storage: MemoryStorage,
  history: History,
  lowest: number = history.durableLsn,
): Promise<void> {
  const wal = await Wal.open(storage, OPTIONS);
  const found = new Map<number, Uint8Array>();
  for await (const { lsn, data } of wal.read()) found.set(lsn, data);
  const first = Math.min(...found.keys(), Infinity);
  const last = await wal.flush();
  await wal.close();
  assertGreaterOrEqual(last, lowest, "an acknowledged record is lost");
  assert(last <= history.sent.length, "a record was invented");
  if (found.size > 0) {
    assert(first <= history.truncatedBelow, "the oldest records are lost");
    assertEquals(found.size, last - first + 1, "there is a gap");
  } else {
    assertEquals(last, 0, "all records are lost");
  }
  for (const [lsn, data] of found) {
    const same = sameBytes(data, history.sent[lsn - 1]);
    assert(same, `record ${lsn} has changed`);
  }
  for (const batch of history.batches) {
    const split = batch.first <= last && last < batch.last;
    assert(!split, `batch ${batch.first}-${batch.last} was split at ${last}`);
  }
  history.sent.length = last;
  history.batches = history.batches.filter((batch) => batch.last <= last);
  history.durableLsn = last;
  history.writtenLsn = last;
}

/** Chooses at random, reproducibly (mulberry32). */
export function seeded(seed: number): Choose {
  let state = seed >>> 0;
  return (choices) => {
    state = state + 0x6d2b79f5 | 0;
    let mixed = Math.imul(state ^ state >>> 15, 1 | state);
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed;
    return ((mixed ^ mixed >>> 14) >>> 0) % choices;
  };
}

async function take(
  wal: Wal,
  step: Step,
  history: History,
  settle: Promise<unknown>[],
): Promise<void> {
  if (step.kind === "append") {
    const record = makeRecord(history, step.bytes);
    history.sent.push(record);
    const { ack } = step;
    keep(
      settle,
      wal.append(record, { ack }).then((lsn) => acked(history, lsn, ack)),
    );
  } else if (step.kind === "batch") {
    const first = history.sent.length + 1;
    for (const bytes of step.bytes) {
      history.sent.push(makeRecord(history, bytes));
    }
    const last = history.sent.length;
    history.batches.push({ first, last });
    keep(
      settle,
      wal.appendBatch(history.sent.slice(first - 1))
        .then(() => acked(history, last, "disk")),
    );
  } else if (step.kind === "flush") {
    acked(history, await wal.flush(), "disk");
  } else if (step.kind === "truncate") {
    const lsn = Math.max(1, history.durableLsn);
    history.truncatedBelow = Math.max(history.truncatedBelow, lsn);
    await wal.truncateBefore(lsn);
  } else {
    await new Promise((resolve) => setTimeout(resolve));
  }
}

/** A rejection is looked at later, and is not unhandled until then. */
function keep(settle: Promise<unknown>[], promise: Promise<unknown>): void {
  promise.catch(() => {});
  settle.push(promise);
}

function acked(history: History, lsn: number, ack: string): void {
  if (ack === "memory") return;
  history.writtenLsn = Math.max(history.writtenLsn, lsn);
  if (ack === "disk") history.durableLsn = Math.max(history.durableLsn, lsn);
}

/** Bytes that name their LSN, so that no two records are alike. */
function makeRecord({ sent }: History, bytes: number): Uint8Array {
  const record = new Uint8Array(bytes).fill(sent.length + 1);
  if (bytes > 4) new DataView(record.buffer).setUint32(0, sent.length + 1);
  return record;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

import { Buffer } from "node:buffer";
import { makeRecords } from "../process/worker.ts";
import type { Case } from "./case.ts";
import type { Store } from "./contender.ts";
import { type Measured, Stopwatch } from "./stopwatch.ts";

/**
 * Callers whose latency is noted: for all of them, the clock alone costs 5 %.
 */
const TIMED_CALLERS = 16;
/** Different records, a power of two. */
const RECORDS = 4096;

/** How long to warm up, and to measure after that. */
export interface Duration {
  readonly warmSeconds: number;
  readonly seconds: number;
}

/** Keeps a store busy until the stopwatch says that the time is up. */
export type Load = (watch: Stopwatch) => Promise<void>;

/** Measures an open store under a workload. */
export async function measure(
  store: Store,
  situation: Case,
  { warmSeconds, seconds }: Duration,
): Promise<Measured> {
  const load = makeLoad(store, situation);
  const watch = new Stopwatch(warmSeconds, seconds);
  await load(watch);
  return watch.read();
}

/** Prepares a workload, all records included, before any clock runs. */
export function makeLoad(
  store: Store,
  { bytes, kind, width }: Case,
): Load {
  const records = makeRecords(RECORDS, bytes);
  if (store.writeGroup) {
    const groups = cut(records, width).map(joined);
    return (watch) => writeGroups(store, groups, width, watch);
  }
  if (kind === "callers") {
    return (watch) => callAll(store, records, width, watch);
  }
  const batches = cut(records, width);
  return (watch) => appendBatches(store, batches, watch);
}

function joined(records: readonly Buffer[]): Buffer {
  return Buffer.concat(records);
}

/** Groups of `width` records; the records are used several times if needed. */
function cut(records: readonly Buffer[], width: number): Buffer[][] {
  const count = Math.min(64, Math.max(2, Math.floor(RECORDS / width)));
  return Array.from(
    { length: count },
    (_, group) =>
      Array.from(
        { length: width },
        (_, index) => records[(group * width + index) % RECORDS],
      ),
  );
}

async function writeGroups(
  store: Store,
  groups: readonly Buffer[],
  width: number,
  watch: Stopwatch,
): Promise<void> {
  let at = performance.now();
  for (let turn = 0; !watch.isOver; turn++) {
    const answer = store.writeGroup!(groups[turn % groups.length]);
    if (answer instanceof Promise) await answer;
    watch.records += width;
    at = watch.note(at);
  }
}

async function appendBatches(
  store: Store,
  batches: readonly (readonly Buffer[])[],
  watch: Stopwatch,
): Promise<void> {
  let at = performance.now();
  for (let turn = 0; !watch.isOver; turn++) {
    const batch = batches[turn % batches.length];
    await store.appendAll!(batch);
    watch.records += batch.length;
    at = watch.note(at);
  }
}

/** A closed loop: no caller appends again before its ack. */
async function callAll(
  store: Store,
  records: readonly Buffer[],
  callers: number,
  watch: Stopwatch,
): Promise<void> {
  let next = 0;
  async function call(): Promise<void> {
    while (!watch.isOver) {
      await store.append!(records[next++ & (RECORDS - 1)]);
      watch.records++;
    }
  }
  async function callTimed(): Promise<void> {
    let at = performance.now();
    while (!watch.isOver) {
      await store.append!(records[next++ & (RECORDS - 1)]);
      watch.records++;
      at = watch.note(at);
    }
  }
  // Spread evenly, because the first callers of a group get their acks first.
  const step = Math.max(1, Math.floor(callers / TIMED_CALLERS));
  await Promise.all(Array.from(
    { length: callers },
    (_, index) => index % step === 0 ? callTimed() : call(),
  ));
}

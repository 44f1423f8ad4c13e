import { Buffer } from "node:buffer";
import type { Case } from "./case.ts";
import type { Store } from "./contender.ts";
import { makeRecords } from "../process/make_records.ts";
import { type Measured, Stopwatch } from "./stopwatch.ts";

/** Callers whose latency is noted; for all the clock alone would cost 5 %. */
const TIMED_CALLERS = 16;
/** Different records, a power of two. */
const RECORDS = 4096;

/** How long to measure, after how long a warm-up. */
export interface Duration {
  readonly warmSeconds: number;
  readonly seconds: number;
}

/** Keeps a store busy until the watch says that the time is up. */
export type Load = (watch: Stopwatch) => Promise<void>;

/** Puts an open store into a situation. */
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

/** Makes all records before any clock runs. */
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

/** Groups of `width`, as many as there are in a few times of all records. */
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

/** Closed loop: nobody appends again before its ack. */
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
  // Spread evenly: the first callers of a group hear of its commit first.
  const step = Math.max(1, Math.floor(callers / TIMED_CALLERS));
  await Promise.all(Array.from(
    { length: callers },
    (_, index) => index % step === 0 ? callTimed() : call(),
  ));
}

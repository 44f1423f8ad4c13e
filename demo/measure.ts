import { Wal } from "../wal.ts";
import type { Contender } from "./contenders.ts";
import { CountingPolicy, CountingStorage } from "./counting.ts";
import type { Progress } from "./progress.ts";

/** Callers that append at once, each awaiting its record before the next. */
export const CALLERS = 64;

/** How long a policy is measured at most, in ms. */
export const BUDGET_MS = 3000;

/** What a policy achieved. */
export interface Measurement {
  /** Records that were acknowledged on disk. */
  readonly records: number;
  /** How long that took, in ms. */
  readonly elapsedMs: number;
  /** Time from an append to its ack of each record in ms, ascending. */
  readonly latencies: Float64Array;
  /** Flushes meanwhile. */
  readonly flushes: number;
  /** Syncs meanwhile, with that of the segment's header. */
  readonly syncs: number;
}

/** Appends `cities` to a fresh log and reads them back. */
export async function measure(
  { name, policy }: Contender,
  cities: readonly string[],
  directory: string,
  progress: Progress,
): Promise<Measurement> {
  const storage = new CountingStorage(directory);
  const counting = new CountingPolicy(policy);
  await using wal = await Wal.open(storage, {
    policy: counting,
    warn: () => {},
  });
  progress.step(`measuring ${name}`);
  storage.syncs = 0;
  const latencies = new Float64Array(cities.length);
  const startedAt = performance.now();
  const records = await appendAll(wal, cities, latencies, (count) => {
    progress.tick(`measuring ${name}: ${count} records`);
  });
  const elapsedMs = performance.now() - startedAt;
  const { syncs } = storage;
  const { flushes } = counting;
  await compare(wal, cities, records);
  const sorted = latencies.subarray(0, records).sort();
  return { records, elapsedMs, latencies: sorted, flushes, syncs };
}

/** Until all cities are in or the time is up; answers with their number. */
async function appendAll(
  wal: Wal,
  cities: readonly string[],
  latencies: Float64Array,
  tick: (count: number) => void,
): Promise<number> {
  const stopAt = performance.now() + BUDGET_MS;
  let next = 0;
  async function call(): Promise<void> {
    while (next < cities.length) {
      const calledAt = performance.now();
      if (calledAt >= stopAt) return;
      const index = next++;
      await wal.append(cities[index]);
      latencies[index] = performance.now() - calledAt;
    }
  }
  const timer = setInterval(() => tick(next), 200);
  try {
    await Promise.all(Array.from({ length: CALLERS }, call));
  } finally {
    clearInterval(timer);
  }
  return next;
}

/** LSNs are given in call order, so that record n is city n. */
async function compare(
  wal: Wal,
  cities: readonly string[],
  records: number,
): Promise<void> {
  const decoder = new TextDecoder();
  let count = 0;
  for await (const { data } of wal.read()) {
    const city = cities[count++];
    const found = decoder.decode(data);
    if (found === city) continue;
    throw new Error(`Read back record ${count} as ${found}: sent was ${city}`);
  }
  if (count !== records) {
    throw new Error(`Read back ${count} records: sent were ${records}`);
  }
}

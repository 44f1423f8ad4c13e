import type { BatchPolicy, FlushReport } from "../../policies/batch_policy.ts";
import { parsePolicy } from "../../policies/parse_policy.ts";
import { DenoStorage } from "../../storage/directory/deno_storage.ts";
import type { StorageFile } from "../../storage/storage.ts";
import { Wal } from "../../wal.ts";
import type { Progress } from "../report/progress.ts";

/** Concurrent callers, each awaiting its record before the next. */
export const CALLERS = 64;

/** How long a policy is measured at most, in ms. */
export const BUDGET_MS = 3000;

/** What a policy achieved. */
export interface Measurement {
  /** Records that were acknowledged on disk. */
  readonly records: number;
  /** How long that took, in ms. */
  readonly elapsedMs: number;
  /** Time from each append to its ack in ms, ascending. */
  readonly latencies: Float64Array;
  /** Flushes in that time. */
  readonly flushes: number;
  /** Syncs of files in that time, those of new segments included. */
  readonly syncs: number;
}

/** Appends `cities` to a fresh log under `policy` and reads them back. */
export async function measure(
  policy: string,
  cities: readonly string[],
  directory: string,
  progress: Progress,
): Promise<Measurement> {
  const storage = new CountingStorage(directory);
  const counting = new CountingPolicy(parsePolicy(policy));
  await using wal = await Wal.open(storage, {
    policy: counting,
    warn: () => {},
  });
  progress.step(`measuring ${policy}`);
  storage.syncs = 0;
  const latencies = new Float64Array(cities.length);
  const startedAt = performance.now();
  const records = await appendAll(wal, cities, latencies, (count) => {
    progress.tick(`measuring ${policy}: ${count} records`);
  });
  const elapsedMs = performance.now() - startedAt;
  const { syncs } = storage;
  const { flushes } = counting;
  await compare(wal, cities, records);
  const sorted = latencies.subarray(0, records).sort();
  return { records, elapsedMs, latencies: sorted, flushes, syncs };
}

/** Appends until all cities are in or the time is up; returns their number. */
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

/** LSNs follow the order of the calls, so record n is city n. */
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
    throw new Error(`Record ${count} was ${city} but reads back as ${found}`);
  }
  if (count !== records) {
    throw new Error(`Sent ${records} records but read back ${count}`);
  }
}

/** Deno's storage, which counts its file syncs. */
class CountingStorage extends DenoStorage {
  syncs = 0;

  override open(name: string, mode: "create" | "read"): StorageFile {
    const file = super.open(name, mode);
    const datasync = file.datasync.bind(file);
    file.datasync = () => {
      this.syncs++;
      return datasync();
    };
    return file;
  }
}

/** Decides as another policy does, and counts the flushes. */
class CountingPolicy implements BatchPolicy {
  flushes = 0;
  readonly #policy: BatchPolicy;

  constructor(policy: BatchPolicy) {
    this.#policy = policy;
  }

  get limits(): BatchPolicy["limits"] {
    return this.#policy.limits;
  }

  get whenIdle(): BatchPolicy["whenIdle"] {
    return this.#policy.whenIdle;
  }

  due(...args: Parameters<BatchPolicy["due"]>): number {
    return this.#policy.due(...args);
  }

  observe(flush: FlushReport, queuedRecords: number): void {
    this.flushes++;
    this.#policy.observe?.(flush, queuedRecords);
  }
}

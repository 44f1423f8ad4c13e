/**
 * The process that records a load, asks for advice, and tries all policies.
 *
 * @module
 */

import { join } from "node:path";
import {
  candidatesFor,
  medianFlushMs,
  replayAll,
  tracedCosts,
} from "../../cli/lab/candidates.ts";
import { decide } from "../../cli/lab/decide.ts";
import { compareReplay } from "../../cli/lab/describe_trace.ts";
import { defaultStorage } from "../../storage/storage_target.ts";
import { parsePolicy } from "../../policies/parse_policy.ts";
import { exponential, SeededRandom } from "../../random.ts";
import { loadTrace } from "../../simulator/load_trace.ts";
import { quantile } from "../../simulator/quantile.ts";
import { recordedRun } from "../../simulator/recorded_run.ts";
import type { Storage, StorageFile } from "../../storage/storage.ts";
import type { TraceOptions } from "../../trace/trace_recorder.ts";
import { Wal } from "../../wal.ts";
import { answerJob, makeRecords } from "../process/worker.ts";
import { shuffled } from "../report/statistics.ts";
import type { AdviceFound, AdviceJob, Load, Tried } from "./advice_job.ts";

const [record] = makeRecords(1, 100);
const SEEDS = 10;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const endOfTurn = () => new Promise((resolve) => setImmediate(resolve));

/** The same storage, but each sync of a file takes `slowMs` longer. */
function slowed(storage: Storage, slowMs: number): Storage {
  const slow = (file: StorageFile): StorageFile =>
    override(file, {
      async datasync() {
        await pause(slowMs);
        await file.datasync();
      },
    });
  return override(storage, {
    open: async (name, mode) => slow(await storage.open(name, mode)),
  });
}

/** The same object, but with some other methods. */
function override<T extends object>(object: T, methods: Partial<T>): T {
  return new Proxy(object, {
    get(_, key) {
      if (Object.hasOwn(methods, key)) return Reflect.get(methods, key);
      const value = Reflect.get(object, key);
      return typeof value === "function" ? value.bind(object) : value;
    },
  });
}

/** Appends for `seconds`; returns the latency of each append, in ms. */
async function use(wal: Wal, load: Load, seconds: number): Promise<number[]> {
  const latencies: number[] = [];
  const append = async () => {
    const at = performance.now();
    await wal.append(record);
    latencies.push(performance.now() - at);
  };
  const endsAt = performance.now() + seconds * 1000;
  const { callers, thinkMs = 0, perSecond = 1, burst = 1 } = load;
  if (callers === undefined) {
    const random = new SeededRandom(1);
    const acked: Promise<void>[] = [];
    let dueAt = performance.now();
    while (dueAt < endsAt) {
      while (performance.now() < dueAt) {
        await (dueAt - performance.now() > 2 ? pause(1) : endOfTurn());
      }
      for (let nth = 0; nth < burst; nth++) acked.push(append());
      dueAt += exponential(random.next(), 1000 / perSecond * burst);
    }
    await Promise.all(acked);
  } else {
    await Promise.all(Array.from({ length: callers }, async () => {
      while (performance.now() < endsAt) {
        await append();
        if (thinkMs > 0) await pause(thinkMs);
      }
    }));
  }
  return latencies;
}

let logs = 0;

async function measure(
  { directory, load, seconds }: AdviceJob & { readonly directory: string },
  policy?: string,
  trace?: TraceOptions,
): Promise<number[]> {
  const path = join(directory, `log${++logs}`);
  const storage = await defaultStorage(path);
  const wal = await Wal.open(path, {
    ...(policy !== undefined && { policy: parsePolicy(policy) }),
    ...(trace !== undefined && { trace }),
    ...(load.slowMs > 0 && { storage: () => slowed(storage, load.slowMs) }),
  });
  const latencies = await use(wal, load, seconds);
  await wal.close();
  return latencies.sort((a, b) => a - b);
}

await answerJob<AdviceJob>(async (job): Promise<AdviceFound> => {
  // Code that is not warm yet is slower, in a trace as anywhere.
  await measure(job);
  const lines: string[] = [];
  await measure(job, undefined, { write: (more) => void lines.push(more) });
  const trace = await loadTrace(lines);
  const names = candidatesFor(medianFlushMs(trace.flushes));
  const contenders = await replayAll(names, {
    ...{ trace, seeds: SEEDS, costsOf: (seed) => tracedCosts(trace, seed) },
    pause: () => Promise.resolve(true),
  });
  const { choice, alike } = decide(contenders!);
  const { mean, p99 } = compareReplay(recordedRun(trace)!, contenders![0]);
  const random = new SeededRandom(1);
  const found = names.map((policy) => ({
    ...{ policy, meanMs: [] as number[], p99Ms: [] as number[] },
  } satisfies Tried));
  for (let round = 0; round < job.rounds; round++) {
    for (const tried of shuffled(found, random)) {
      const latencies = await measure(job, tried.policy);
      const sum = latencies.reduce((total, ms) => total + ms, 0);
      tried.meanMs.push(sum / latencies.length);
      tried.p99Ms.push(quantile(latencies, 0.99));
    }
  }
  return { choice, alike, error: { mean, p99 }, tried: found };
});

import type { Wal } from "../../wal.ts";
import { makeRecords } from "../process/worker.ts";
import { readTaskTimes, taskTimesSince } from "./task_times.ts";
import type { Occasion } from "./thread_job.ts";

/** Callers that await each append, and what they append. */
export interface Callers {
  readonly count: number;
  /** Makes the record numbered `nth`. */
  make(nth: number): Uint8Array | string;
}

const small = makeRecords(64, 100);
const memo = "x".repeat(380);

const makeSmall = (nth: number) => small[nth % small.length];

/** About 500 bytes of JSON, which take about a microsecond to make. */
const makeJson = (id: number) =>
  JSON.stringify({
    id,
    account: `account ${id % 1024}`,
    amount: id * 3.5,
    items: [1, 2, 3, 4],
    memo,
    at: 1_700_000_000 + id,
  });

/** By the name of the occasion. */
export const callers: Readonly<Partial<Record<Occasion, Callers>>> = {
  "64 callers": { count: 64, make: makeSmall },
  "1024 callers": { count: 1024, make: makeSmall },
  "1024 callers of JSON": { count: 1024, make: makeJson },
};

/** What callers achieve within `ms`, after a third as long that is not counted. */
export async function appendInLoops(
  wal: Wal | undefined,
  { count, make }: Callers,
  ms: number,
): Promise<Record<string, number>> {
  let appended = 0;
  const run = async (ms: number) => {
    appended = 0;
    const startedAt = performance.now();
    const until = startedAt + ms;
    const loop = async () => {
      while (performance.now() < until) {
        const record = make(appended++);
        await wal?.append(record);
      }
    };
    await Promise.all(Array.from({ length: count }, loop));
    return performance.now() - startedAt;
  };
  await run(ms / 3);
  const flushes = wal?.stats().flushes.count ?? NaN;
  const tasks = readTaskTimes();
  const took = await run(ms);
  const { mainMs } = taskTimesSince(tasks);
  const flushed = (wal?.stats().flushes.count ?? NaN) - flushes;
  return {
    recordsPerSecond: appended / took * 1000,
    recordsPerFlush: appended / flushed,
    mainUsPerRecord: mainMs * 1000 / appended,
  };
}

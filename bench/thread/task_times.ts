import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";

/** What the system knows about a thread. */
export interface TaskTime {
  /** How long it has run, in ms. */
  readonly ranMs: number;
  /** How long it could have run, but waited for a CPU, in ms. */
  readonly waitedMs: number;
}

const TASKS = "/proc/self/task";

/**
 * The times of all threads of this process by thread id, from schedstat, which
 * counts in ns but may lag by a tick while a thread runs. Empty on systems other
 * than Linux.
 */
export function readTaskTimes(): Map<number, TaskTime> {
  const found = new Map<number, TaskTime>();
  for (const id of tasks()) {
    try {
      const text = readFileSync(`${TASKS}/${id}/schedstat`, "utf8");
      const [ran, waited] = text.split(" ").map((ns) => Number(ns) / 1e6);
      found.set(Number(id), { ranMs: ran, waitedMs: waited });
    } catch {
      // It has ended.
    }
  }
  return found;
}

/** What the threads did since `before`: NaN where that is not known. */
export function taskTimesSince(before: ReadonlyMap<number, TaskTime>) {
  const since = [...readTaskTimes()].map(([id, { ranMs, waitedMs }]) => ({
    id,
    ranMs: ranMs - (before.get(id)?.ranMs ?? 0),
    waitedMs: waitedMs - (before.get(id)?.waitedMs ?? 0),
  }));
  const main = since.find(({ id }) => id === process.pid);
  const others = since.filter((one) => one !== main).map((one) => one.ranMs);
  return {
    mainMs: main?.ranMs ?? NaN,
    mainWaitedMs: main?.waitedMs ?? NaN,
    /** Of the busiest thread but the main one. */
    busiestMs: main === undefined ? NaN : Math.max(0, ...others),
  };
}

function tasks(): string[] {
  try {
    return readdirSync(TASKS);
  } catch {
    return [];
  }
}

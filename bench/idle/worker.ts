/**
 * The process that has logs open and does nothing with them.
 *
 * @module
 */

import { join } from "node:path";
import process from "node:process";
import { Wal } from "../../wal.ts";
import { answerJob } from "../process/worker.ts";

/** What to measure. */
export interface IdleJob {
  /** Number of logs. */
  readonly logs: number;
  /** Whether they look for requests for their status. */
  readonly status: boolean;
  readonly seconds: number;
}

/** What was found. */
export interface IdleFound {
  /** CPU time of the process, as a share of the time. */
  readonly cpu: number;
}

await answerJob<IdleJob>(async ({ directory, logs, status, seconds }) => {
  const opened: Wal[] = [];
  for (let nth = 0; nth < logs; nth++) {
    const wal = await Wal.open(join(directory, `${nth}`), { status });
    await wal.append("a record");
    opened.push(wal);
  }
  const sleep = (ms: number) => new Promise((wake) => setTimeout(wake, ms));
  // What the openings have left to do.
  await sleep(Math.min(2000, 1000 * seconds));
  const before = process.cpuUsage();
  const startedAt = performance.now();
  await sleep(seconds * 1000);
  const { user, system } = process.cpuUsage(before);
  const cpu = (user + system) / 1000 / (performance.now() - startedAt);
  for (const wal of opened) await wal.close();
  return { cpu } satisfies IdleFound;
});

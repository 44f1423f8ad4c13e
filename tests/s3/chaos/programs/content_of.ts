import type { LogView } from "../../../../reader/log_view.ts";
import { readChaosRecord } from "../chaos_record.ts";
import { addToRuns, type LogContent, type Run } from "../judge.ts";

/** Reads all that a log has. */
export async function contentOf(log: LogView): Promise<LogContent> {
  const { firstLsn, lastLsn } = log;
  const runs: Run[] = [];
  const damaged: number[] = [];
  for await (const { lsn, data } of log.read()) {
    const record = readChaosRecord(data);
    if (record === undefined) damaged.push(lsn);
    else addToRuns(runs, { ...record, lsn, count: 1 });
  }
  return { firstLsn, lastLsn, runs, damaged };
}

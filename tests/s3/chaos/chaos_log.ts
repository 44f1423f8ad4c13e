import type { History, Run } from "./judge.ts";
import { readNotes } from "./notes.ts";
import type { LogSettings } from "./orders.ts";

/** A log of the chaos, and the notes of all processes that used it. */
export class ChaosLog {
  /** Where in the bucket it is. */
  readonly prefix: string;
  readonly settings: LogSettings;
  /** Files with notes. */
  readonly notes: string[] = [];

  constructor(prefix: string, settings: LogSettings) {
    this.prefix = prefix;
    this.settings = settings;
  }

  /** All that its processes have noted. */
  history(): History & { readonly bugs: readonly string[] } {
    const all = this.notes.map(readNotes);
    return {
      acked: all.flatMap(({ acked }) => acked),
      seen: all.flatMap(({ seen }) => seen),
      truncatedTo: Math.max(0, ...all.map(({ truncatedTo }) => truncatedTo)),
      bugs: all.flatMap(({ bugs }) => bugs),
    };
  }
}

/** Number of records in runs. */
export function sizeOf(runs: readonly Run[]): number {
  return runs.reduce((sum, { count }) => sum + count, 0);
}

/** LSN of the last record in runs; 0 without any. */
export function lastOf(runs: readonly Run[]): number {
  return runs.reduce(
    (last, { lsn, count }) => Math.max(last, lsn + count - 1),
    0,
  );
}

import type { LogIdentity } from "./log_identity.ts";
import type { RuleState } from "./slot_rule.ts";
import type { ObjectSurvey } from "./survey_objects.ts";

/** What is wrong with an object. */
export interface ObjectDamage {
  /** Its key. */
  readonly key: string;
  /** Where in it, in bytes. */
  readonly offset: number;
  /** What was expected and what was found. */
  readonly reason: string;
}

/** Slots in a row that were read one by one, or a compacted object. */
export interface ExaminedRun {
  /** The key of the compacted object, or of the first slot. */
  readonly key: string;
  /** The key of the last slot; absent for a compacted object. */
  lastKey?: string;
  /** LSN of the first record; 0 if there is none. */
  firstLsn: number;
  /** LSN of the last record; below the first if there is none. */
  lastLsn: number;
  /** Number of objects with records. */
  frames: number;
  /** Records lost in a repair, by runs. */
  readonly holes: { readonly firstLsn: number; readonly lastLsn: number }[];
  /** Number of objects that say where the log begins. */
  marks: number;
  /** Number of objects that stopped former owners. */
  fences: number;
  /** Number of objects that do not count: their owner had been displaced. */
  voids: number;
  /** Whether anything in it is damaged. */
  isDamaged: boolean;
}

/** What was found in the place of a log. */
export interface ObjectReport {
  /** What a listing shows. */
  readonly survey: ObjectSurvey;
  /** Absent if there is no log, or it cannot be identified. */
  readonly identity?: LogIdentity | undefined;
  /** What is known after the last slot; absent if `identity` is. */
  readonly state?: RuleState | undefined;
  /** All that was read, in order. */
  readonly runs: readonly ExaminedRun[];
  /** What is wrong. */
  readonly damages: readonly ObjectDamage[];
  /** Number of records that are kept and whole. */
  readonly records: number;
  /** Number of those lost in a repair. */
  readonly lost: number;
}

/** A run in which nothing was read yet. */
export function newRun(key: string): ExaminedRun {
  return {
    ...{ key, firstLsn: 0, lastLsn: -1, frames: 0, holes: [] },
    ...{ marks: 0, fences: 0, voids: 0, isDamaged: false },
  };
}

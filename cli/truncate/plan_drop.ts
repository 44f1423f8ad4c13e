import { requireInteger } from "../../argument.ts";
import {
  CursorFiles,
  cursorsOf,
  holdBack,
  type HoldOptions,
  needsOf,
} from "../../reader/cursors/mod.ts";
import type { LogView } from "../../reader/log_view.ts";
import type { Storage } from "../../storage/storage.ts";

/** A log as far as a plan needs it. */
type View = Pick<LogView, "firstLsn" | "lastLsn" | "lsnAt">;

/** Which records are to go. */
export interface Goal {
  readonly kind: "before" | "keepLast" | "olderThan" | "after";
  /** An LSN, a number of records, or a duration in ms. */
  readonly value: number;
}

/** Which cursors hold records back. */
export type Hold = Readonly<HoldOptions>;

/** What a truncation does. */
export interface DropPlan {
  /** LSN of the oldest record afterwards, or of the next one. */
  readonly firstLsn: number;
  /** LSN of the last record afterwards. */
  readonly lastLsn: number;
  readonly dropped: {
    readonly firstLsn: number;
    /** Below the first if nothing is dropped. */
    readonly lastLsn: number;
    readonly records: number;
  };
  /** Names of the cursors because of which less is dropped. */
  readonly heldBy: readonly string[];
  /** Names of the cursors that have committed what is dropped at the end. */
  readonly beyond: readonly string[];
}

/** A plan, and how it is made. */
interface DropRequest {
  readonly goal: Goal;
  readonly hold: Hold | undefined;
  readonly warn: (message: string) => void;
}

/** Decides what to drop of a log; changes nothing. */
export async function planDrop(
  log: View,
  storage: Storage,
  { goal, hold, warn }: DropRequest,
): Promise<DropPlan> {
  const { firstLsn, lastLsn } = log;
  const cursors = new CursorFiles(storage);
  if (goal.kind === "after") {
    const action = "truncate after a record";
    const { value } = goal;
    requireInteger(action, "its LSN", value, firstLsn - 1, lastLsn);
    const beyond = (await cursorsOf(cursors))
      .filter(({ committedLsn = 0 }) => committedLsn > value)
      .map(({ name }) => name);
    const dropped = rangeOf(value + 1, lastLsn);
    return { firstLsn, lastLsn: value, dropped, heldBy: [], beyond };
  }
  const lsn = await firstToKeep(log, goal);
  const wanted = Math.max(firstLsn, lsn);
  const kept = hold === undefined
    ? wanted
    : await holdBack(cursors, hold, { lsn: wanted, firstLsn, warn });
  const keepFrom = Math.max(firstLsn, kept);
  const heldBy = hold === undefined || keepFrom === wanted
    ? []
    : needsOf(await cursorsOf(cursors, hold.hold), firstLsn)
      .filter(({ from }) => from === kept)
      .map(({ name }) => name);
  return {
    ...{ firstLsn: keepFrom, lastLsn, heldBy, beyond: [] },
    dropped: rangeOf(firstLsn, keepFrom - 1),
  };
}

async function firstToKeep(
  log: View,
  { kind, value }: Goal,
): Promise<number> {
  const { lastLsn } = log;
  switch (kind) {
    case "keepLast":
      return lastLsn - value + 1;
    case "olderThan":
      return await log.lsnAt(Date.now() - value);
    default:
      return requireInteger(
        "truncate before a record",
        "its LSN",
        value,
        1,
        lastLsn + 1,
      );
  }
}

function rangeOf(firstLsn: number, lastLsn: number): DropPlan["dropped"] {
  return { firstLsn, lastLsn, records: Math.max(0, lastLsn - firstLsn + 1) };
}

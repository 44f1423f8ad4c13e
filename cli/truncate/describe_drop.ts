import {
  formatAmount,
  formatRange,
  formatRecords,
  formatSize,
} from "../io/format.ts";
import type { DropPlan } from "./plan_drop.ts";

/** What was dropped, or would be. */
export interface Drop extends DropPlan {
  readonly state: "planned" | "truncated" | "unchanged";
  /** Size of the files that were removed; absent if nothing was done. */
  readonly freedBytes?: number;
}

/** The names are an interface, which the help lists. */
export function dropToJson(
  { state, firstLsn, lastLsn, dropped, freedBytes, heldBy, beyond }: Drop,
) {
  const { records } = dropped;
  return {
    ...{ state, firstLsn, lastLsn },
    dropped: records === 0 ? { records } : dropped,
    ...(freedBytes !== undefined && { freedBytes }),
    ...{ heldBy, beyond },
  };
}

/** Says what was dropped, or would be, and what is left. */
export function* describeDrop(drop: Drop): Generator<string> {
  const { state, firstLsn, lastLsn, dropped, heldBy, beyond } = drop;
  if (heldBy.length > 0) {
    yield `held     records from LSN ${firstLsn} on are kept for ${
      cursors(heldBy)
    }`;
  }
  if (beyond.length > 0) {
    yield `warning  ${
      cursors(beyond)
    } must seek: the log ends before what was ` +
      "committed there";
  }
  const { records } = dropped;
  const range = formatRange(dropped.firstLsn, dropped.lastLsn);
  const what = `${formatRecords(records)}${range && `, ${range}`}`;
  const left = formatRange(firstLsn, lastLsn) || "no record";
  if (records === 0) {
    yield `nothing to drop; the log has ${left}`;
  } else if (state === "planned") {
    yield `would drop ${what}; nothing was changed. Left would be ${left}`;
  } else {
    const { freedBytes = 0 } = drop;
    yield `dropped ${what}, which frees ${
      formatSize(freedBytes)
    }; the log has ` +
      left;
  }
}

function cursors(names: readonly string[]): string {
  const shown = names.map((name) => `"${name}"`).join(", ");
  return `${formatAmount(names.length, "cursor")}: ${shown}`;
}

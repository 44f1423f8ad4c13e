import type { Goal, Verdict } from "../../cli/lab/decide.ts";
import { labelOf } from "./candidate.ts";
import { formatGoal, formatMs, formatSpread } from "./format_figures.ts";

/** What each goal is called in a list of goals. */
export const GOAL_LABELS: Readonly<Record<Goal, string>> = {
  mean: "Lowest mean latency",
  p99: "Lowest p99",
  rate: "Most records/s",
  money: "Fewest flushes, for money",
};

/** Which policy is best by a goal, or that none is; in sentences. */
export function describeVerdict(verdict: Verdict, boundMs: number): string {
  const { goal, standings, choice, alike, isBoundMissed } = verdict;
  const { spread } = standings.find(({ name }) => name === choice)!;
  const seeds = "over ten seeds";
  const missed = isBoundMissed
    ? `No policy keeps p99 within ${formatMs(boundMs)}, so the lowest p99 ` +
      "decides. "
    : "";
  const name = labelOf(choice);
  if (standings.length === 1) return `${missed}Only ${name} takes part.`;
  if (alike.length > 1) {
    const some = alike.length === standings.length
      ? "any two policies"
      : inWords(alike.map(labelOf));
    return `${missed}No clear winner ${seeds} between ${some}. ${name} is the ` +
      "simplest that comes within 10 % of the best in half of the runs.";
  }
  if (isBoundMissed) return `${missed}${name} comes closest.`;
  const within = boundMs > 0 ? ` among those within ${formatMs(boundMs)}` : "";
  return `${name} is clearly best ${seeds}${within}: ` +
    `${formatGoal(goal, spread.median)} ${FIGURE[goal]} ` +
    `(${formatSpread(goal, spread)}).`;
}

const FIGURE: Readonly<Record<Goal, string>> = {
  mean: "mean latency",
  p99: "p99",
  rate: "records/s",
  money: "records per flush",
};

/** The same in a few words. */
export function summarizeVerdict({ choice, alike }: Verdict): string {
  return alike.length === 1 ? `★ ${labelOf(choice)}` : "no clear winner";
}

/** A list of one or more: "a, b and c". */
export function inWords(names: readonly string[]): string {
  if (names.length === 1) return names[0];
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

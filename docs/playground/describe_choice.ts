import { type Figures, moneyPerMonth } from "../../cli/lab/candidates.ts";
import type { Standing, Verdict } from "../../cli/lab/decide.ts";
import { labelOf } from "./candidate.ts";
import { inWords } from "./describe_verdict.ts";
import { formatMs, formatRate } from "./format_figures.ts";

/** Figures that differ by no more than this share read as equal. */
const ALIKE = 0.03;

/**
 * What a chosen policy costs against the best one, in sentences; nothing if it
 * did not take part. For the best one itself: against the next best.
 */
export function describeChoice(
  verdict: Verdict,
  choice: string,
  price: number,
): string {
  const best = standingOf(verdict, verdict.choice);
  const id = choice === "best" ? verdict.choice : choice;
  if (id === verdict.choice) return describeBest(verdict, best, price);
  const chosen = verdict.standings.find(({ name }) => name === id);
  if (chosen === undefined) return "";
  const name = labelOf(id);
  const against = `${labelOf(verdict.choice)}, the best here`;
  const differences = compare(chosen.figures, best.figures, price);
  const compared = differences.length === 0
    ? `${name} does as well as ${against}: all figures are within 3 %.`
    : `${name} against ${against}: ${inWords(differences)}.`;
  return chosen.isExcluded
    ? `${compared} Its p99 is beyond the bound that is set.`
    : compared;
}

function describeBest(
  { standings, choice }: Verdict,
  best: Standing,
  price: number,
): string {
  const others = standings.filter(({ name, isExcluded }) =>
    name !== choice && !isExcluded
  );
  if (others.length === 0) return "";
  // The first of those that are nearest.
  const next = others.reduce((least, one) =>
    distance(one, best) < distance(least, best) ? one : least
  );
  const differences = compare(best.figures, next.figures, price);
  const name = labelOf(choice);
  return differences.length === 0
    ? `${labelOf(next.name)} does as well as ${name}, within 3 %.`
    : `${name} against ${labelOf(next.name)}, the next best: ` +
      `${inWords(differences)}.`;
}

function standingOf({ standings }: Verdict, id: string): Standing {
  return standings.find(({ name }) => name === id)!;
}

function distance(one: Standing, other: Standing): number {
  return Math.abs(Math.log(one.spread.median / other.spread.median));
}

/** Each figure that differs, in words. */
function compare(one: Figures, other: Figures, price: number): string[] {
  return MEASURES.flatMap(({ of, say, format }) => {
    const [value, than] = [of(one, price), of(other, price)];
    if (!(value > 0 && than > 0)) return [];
    const ratio = value / than;
    if (ratio <= 1 + ALIKE && ratio >= 1 / (1 + ALIKE)) return [];
    return `${say(ratio)} (${format(value)}, not ${format(than)})`;
  });
}

/** A figure that policies are compared by. */
interface Measure {
  readonly of: (figures: Figures, price: number) => number;
  /** What a ratio of this figure means. */
  readonly say: (ratio: number) => string;
  readonly format: (value: number) => string;
}

const MEASURES: readonly Measure[] = [
  {
    of: ({ meanMs }) => meanMs,
    say: (ratio) => `its mean latency is ${by(ratio, "high", "er", "lower")}`,
    format: formatMs,
  },
  {
    of: ({ p99Ms }) => p99Ms,
    say: (ratio) => `its p99 is ${by(ratio, "high", "er", "lower")}`,
    format: formatMs,
  },
  {
    of: ({ recordsPerSecond }) => recordsPerSecond,
    say: (ratio) => `it takes ${by(ratio, "many", "", "fewer")} records/s`,
    format: formatRate,
  },
  {
    of: ({ flushesPerSecond }) => flushesPerSecond,
    say: (ratio) => `it makes ${by(ratio, "many", "", "fewer")} flushes/s`,
    format: formatRate,
  },
  {
    of: ({ flushesPerSecond }, price) => moneyPerMonth(flushesPerSecond, price),
    say: (ratio) => `a month costs ${by(ratio, "much", "", "less")}`,
    format: (cost) => cost.toFixed(2),
  },
];

/** "2.4 times as high", "30 % higher", "30 % lower"; "more" for "many". */
function by(ratio: number, how: string, suffix: string, less: string): string {
  if (ratio >= 2) {
    const times = ratio < 10 ? ratio.toFixed(1) : Math.round(ratio);
    return `${times} times as ${how}`;
  }
  const percent = Math.round(Math.abs(ratio - 1) * 100);
  const more = suffix === "" ? "more" : how + suffix;
  return `${percent} % ${ratio > 1 ? more : less}`;
}

import { quantile } from "../../simulator/quantile.ts";
import type { Figures } from "./candidates.ts";

/**
 * What a policy should do best: the lowest mean latency, the lowest p99, the
 * most records per second, or the fewest flushes for the same records, which
 * cost the least where each flush is paid for.
 *
 * Callers that wait make fewer appends a month when they wait longer; so that a
 * policy does not look cheap because it is slow, money is compared per record.
 */
export type Goal = "mean" | "p99" | "rate" | "money";

/** Every goal; the first is the default. */
export const GOALS: readonly Goal[] = ["mean", "p99", "rate", "money"];

/** A policy and its figures, one for each seed, in the order of the seeds. */
export interface Contender {
  readonly name: string;
  readonly runs: readonly Figures[];
}

/** How a figure varies from seed to seed: 10th percentile, median and 90th. */
export interface Spread {
  readonly low: number;
  readonly median: number;
  readonly high: number;
}

/** How a policy did. */
export interface Standing {
  readonly name: string;
  /** Each figure's median over the seeds. */
  readonly figures: Figures;
  /** The figure of the goal; for `"money"` flushes per 1,000 records. */
  readonly spread: Spread;
  /** Whether its p99 exceeds the bound, for more than one seed in ten. */
  readonly isExcluded: boolean;
}

/** Which policy to take, and how sure that is. */
export interface Verdict {
  readonly goal: Goal;
  /** Every policy, in the order given. */
  readonly standings: readonly Standing[];
  /** The policy to use; always one of `alike`. */
  readonly choice: string;
  /**
   * The policies among which there is no clear winner, in the order given: just
   * one if it is clearly better than all others.
   */
  readonly alike: readonly string[];
  /** Whether no policy keeps within the bound; then the lowest p99 decides. */
  readonly isBoundMissed: boolean;
}

/** Options of {@linkcode decide}. */
export interface DecideOptions {
  /** What decides. Default `"mean"`. */
  readonly goal?: Goal;
  /** A bound on p99, in ms. Default: none. */
  readonly maxP99Ms?: number;
}

/** A policy that is worse by no more than this share is as good. */
const MARGIN = 0.03;

/** A policy that is not clearly worse, and by no more than this, will do. */
const TOLERANCE = 0.1;

/** The share of the seeds in which a policy that is clearly better wins. */
const NEARLY_ALL = 0.9;

/**
 * Decides between policies that were run with the same seeds. Pure.
 *
 * The one with the best median leads. It is clearly better than another if it
 * wins by more than 3 % in nine seeds of ten; each seed is compared with
 * itself, because it favours all policies alike. Of those that it does not
 * clearly beat, the first one is chosen whose median loss is within 10 %, which
 * chance alone may cause: put the simplest first.
 *
 * There must be a contender, and each must have as many runs, at least one.
 */
export function decide(
  contenders: readonly Contender[],
  { goal = "mean", maxP99Ms = Infinity }: DecideOptions = {},
): Verdict {
  const fits = contenders.filter((one) => !exceeds(one, maxP99Ms));
  const isBoundMissed = fits.length === 0;
  const lossOf = isBoundMissed ? LOSSES.p99 : LOSSES[goal];
  const field = isBoundMissed ? contenders : fits;
  const leader = field.reduce((best, one) =>
    medianOf(one, lossOf) < medianOf(best, lossOf) ? one : best
  );
  const alike = field.filter((one) => {
    const ratios = ratiosOf(one, leader, lossOf);
    const lost = ratios.filter((ratio) => ratio > 1 + MARGIN).length;
    return lost < NEARLY_ALL * ratios.length;
  });
  const choice = alike.find((one) =>
    middle(ratiosOf(one, leader, lossOf)) <= 1 + TOLERANCE
  )!;
  return {
    goal,
    standings: contenders.map((one) => ({
      name: one.name,
      figures: medianFigures(one),
      spread: spreadOf(one.runs.map(FIGURES[goal])),
      isExcluded: exceeds(one, maxP99Ms),
    })),
    choice: choice.name,
    alike: alike.map(({ name }) => name),
    isBoundMissed,
  };
}

type Measure = (figures: Figures) => number;

/** The figure that each goal is about. */
const FIGURES: Readonly<Record<Goal, Measure>> = {
  mean: ({ meanMs }) => meanMs,
  p99: ({ p99Ms }) => p99Ms,
  rate: ({ recordsPerSecond }) => recordsPerSecond,
  money: ({ recordsPerFlush }) => 1000 / recordsPerFlush,
};

/** The same, so that less is better. */
const LOSSES: Readonly<Record<Goal, Measure>> = {
  ...FIGURES,
  rate: (figures) => 1 / FIGURES.rate(figures),
};

/** A contender's losses as multiples of another's, seed by seed. */
function ratiosOf(one: Contender, other: Contender, lossOf: Measure): number[] {
  return one.runs.map((figures, seed) => {
    const ratio = lossOf(figures) / lossOf(other.runs[seed]);
    // Both are 0, or there was no append.
    return Number.isNaN(ratio) ? 1 : ratio;
  });
}

function medianOf({ runs }: Contender, measure: Measure): number {
  return middle(runs.map(measure));
}

function exceeds({ runs }: Contender, maxP99Ms: number): boolean {
  return spreadOf(runs.map(FIGURES.p99)).high > maxP99Ms;
}

/** Each figure's median; what the first run has, all have. */
function medianFigures({ name, runs }: Contender): Figures {
  const numbers = Object.keys(runs[0]).filter((key) => key !== "name");
  const medians = numbers.map((key) => [
    key,
    middle(runs.map((figures) => figures[key as "meanMs"])),
  ]);
  return { name, ...Object.fromEntries(medians) };
}

function spreadOf(values: readonly number[]): Spread {
  const ascending = [...values].sort((a, b) => a - b);
  return {
    low: quantile(ascending, 0.1),
    median: quantile(ascending, 0.5),
    high: quantile(ascending, 0.9),
  };
}

function middle(values: readonly number[]): number {
  return spreadOf(values).median;
}

import { type Contender, decide, type Verdict } from "../../cli/lab/decide.ts";
import type { Trace } from "../../simulator/load_trace.ts";
import { type Candidate, CANDIDATES } from "./candidate.ts";
import { figuresFor, sweepAppends } from "./run_candidate.ts";
import type { Settings } from "./settings.ts";

/** How many seeds policies are compared with. */
export const SEEDS = 10;

/** The simplest come first: among policies that do as well, they win. */
const ORDER = ["leader", "count", "bytes", "age", "window", "any", "adaptive"];

/**
 * The settings of each run that policies are compared in: consecutive seeds, and
 * no more appends than a comparison needs.
 */
export function seededSettings(settings: Settings): Settings[] {
  const { numbers } = settings;
  const appends = Math.min(numbers.appends, sweepAppends(settings, 1));
  return Array.from({ length: SEEDS }, (_, nth) => ({
    ...settings,
    numbers: { ...numbers, appends, seed: numbers.seed + nth },
  }));
}

/**
 * Runs each policy with each seed, one run per step, so that the caller can stop
 * or let other work proceed in between. The names of contenders are ids.
 */
export function* compare(
  settings: Settings,
  trace?: Trace,
): Generator<void, Contender[]> {
  const contenders = shownOf(settings)
    .sort((one, other) => ORDER.indexOf(one.id) - ORDER.indexOf(other.id))
    .map((candidate) => {
      return {
        candidate,
        name: candidate.id,
        runs: [] as Contender["runs"][number][],
      };
    });
  for (const seeded of seededSettings(settings)) {
    for (const { candidate, runs } of contenders) {
      yield;
      runs.push(figuresFor(candidate, seeded, trace));
    }
  }
  return contenders.map(({ name, runs }) => ({ name, runs }));
}

/** The candidates that are not hidden. */
export function shownOf({ hidden }: Settings): Candidate[] {
  return CANDIDATES.filter(({ id }) => !hidden.includes(id));
}

/** Which of the contenders is best by the goal that is set, if there are any. */
export function judge(
  contenders: readonly Contender[],
  { goal, numbers: { bound } }: Settings,
): Verdict | undefined {
  if (contenders.length === 0) return undefined;
  return decide(contenders, {
    goal,
    ...(bound > 0 && { maxP99Ms: bound }),
  });
}

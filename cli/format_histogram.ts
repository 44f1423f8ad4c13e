import type { Distribution } from "./distribution.ts";
import { formatDuration } from "./format_duration.ts";

const PER_DECADE = 5;
const BARS = " ▁▂▃▄▅▆▇█";

/** A logarithmic axis in powers of ten, which histograms share. */
export interface Axis {
  /** Where it begins: 10 to the power of this, in ms. */
  readonly fromDecade: number;
  /** Where it ends. */
  readonly toDecade: number;
}

/** Where an axis begins at the earliest: a microsecond. */
const LEAST_DECADE = -3;

/** The smallest axis on which all of `distributions` fit, from a us on. */
export function axisFor(distributions: readonly Distribution[]): Axis {
  const some = distributions.filter(({ count }) => count > 0);
  const least = Math.min(...some.map(({ min }) => min));
  const most = Math.max(...some.map(({ max }) => max));
  if (some.length === 0) return { fromDecade: 0, toDecade: 1 };
  const fromDecade = Math.max(LEAST_DECADE, Math.floor(Math.log10(least)));
  const toDecade = Math.ceil(Math.log10(most));
  return { fromDecade, toDecade: Math.max(fromDecade + 1, toDecade) };
}

/** The axis as text: a tick and a label at each power of ten. */
export function formatAxis({ fromDecade, toDecade }: Axis): string {
  let text = "";
  for (let decade = fromDecade; decade < toDecade; decade++) {
    const [digits, unit] = formatDuration(10 ** decade).split(" ");
    text += `|${Number(digits)}${unit}`.padEnd(PER_DECADE);
  }
  return text;
}

/**
 * How many fall where, as bars that are as high as their share of the highest;
 * the least bar stands for anything above none.
 */
export function formatHistogram(
  distribution: Distribution,
  { fromDecade, toDecade }: Axis,
): string {
  const columns = (toDecade - fromDecade) * PER_DECADE;
  // What is beyond the axis is in its first column, or in its last one.
  const edge = (column: number) => {
    if (column === 0) return 0;
    if (column === columns) return Infinity;
    return 10 ** (fromDecade + column / PER_DECADE);
  };
  const counts = Array.from(
    { length: columns },
    (_, column) => distribution.countBetween(edge(column), edge(column + 1)),
  );
  const most = Math.max(...counts);
  return counts.map((count) =>
    BARS[most === 0 ? 0 : Math.ceil(count / most * (BARS.length - 1))]
  ).join("").trimEnd();
}

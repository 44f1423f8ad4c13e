import type { Figures } from "./contender.ts";

/** What is slower by less than this share is as fast. */
const AS_FAST = 0.05;

/**
 * The row to recommend: of those with about the lowest p99, those with about
 * the lowest mean, and of these the first, so that what comes first is what is
 * simplest. Throws if there is no row.
 */
export function chooseBest(rows: readonly Figures[]): Figures {
  const fastest = asLow(rows, ({ p99Ms }) => p99Ms);
  return asLow(fastest, ({ meanMs }) => meanMs)[0];
}

function asLow(
  rows: readonly Figures[],
  of: (row: Figures) => number,
): Figures[] {
  const least = Math.min(...rows.map(of));
  return rows.filter((row) => of(row) <= least * (1 + AS_FAST));
}

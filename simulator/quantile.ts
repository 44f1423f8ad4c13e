/**
 * The nearest-rank quantile of `ascending` values: the smallest one that at
 * least a `share` of them, from 0 to 1, does not exceed; `NaN` if there are
 * none.
 */
export function quantile(ascending: ArrayLike<number>, share: number): number {
  const { length } = ascending;
  const rank = Math.min(length, Math.max(1, Math.ceil(share * length)));
  return ascending[rank - 1] ?? NaN;
}

/**
 * Throws `TypeError` if `options` have a name that is none of `known`: a name
 * that is misspelt would else be an option that is not set, in silence.
 */
export function requireKnown(
  action: string,
  options: object,
  known: readonly string[],
): void {
  for (const name in options) {
    if (known.includes(name) || !Object.hasOwn(options, name)) continue;
    const near = nearestName(name, known);
    const hint = near === undefined
      ? `there are ${known.join(", ")}`
      : `did you mean ${near}?`;
    throw new TypeError(`Cannot ${action} as ${name} is no option: ${hint}`);
  }
}

/** The name that is nearest to `name`, unless most of it would be changed. */
export function nearestName(
  name: string,
  names: readonly string[],
): string | undefined {
  let nearest: string | undefined;
  let least = Infinity;
  for (const candidate of names) {
    const edits = countEdits(name.toLowerCase(), candidate.toLowerCase());
    if (edits >= least) continue;
    least = edits;
    nearest = candidate;
  }
  return least <= Math.ceil(name.length / 3) ? nearest : undefined;
}

/** Letters to insert, remove or replace to make `to` of `from`. */
function countEdits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let at = 1; at <= from.length; at++) {
    const above = row;
    row = [at];
    for (let index = 1; index <= to.length; index++) {
      const replaced = from[at - 1] === to[index - 1] ? 0 : 1;
      row[index] = Math.min(
        above[index] + 1,
        row[index - 1] + 1,
        above[index - 1] + replaced,
      );
    }
  }
  return row[to.length];
}

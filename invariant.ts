/** Throws if a fact that the code relies on does not hold, which is a bug. */
export function invariant(condition: boolean, breach: string): void {
  if (!condition) throw new Error(`Invariant breached: ${breach}`);
}

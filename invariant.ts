/** Throws when a fact that the code relies on does not hold: a bug here. */
export function invariant(condition: boolean, breach: string): void {
  if (!condition) throw new Error(`Invariant breached: ${breach}`);
}

/** What a node must never forget, even if it has no entries. */
export interface HardState {
  /** The latest term that the node has seen. */
  readonly term: number;
  /** The node that it voted for in this term. */
  readonly vote: string | null;
}

/** Throws `RangeError` for a lower term than `now`, or a second vote in it. */
export function requireSuccessor(
  { term, vote }: HardState,
  now: HardState,
): void {
  const isLater = term > now.term;
  const isSame = term === now.term && (now.vote ?? vote) === vote;
  if (Number.isSafeInteger(term) && (isLater || isSame)) return;
  throw new RangeError(
    `Cannot save term ${term} with a vote for ${vote} because the node is ` +
      `in term ${now.term} and has voted for ${now.vote}`,
  );
}

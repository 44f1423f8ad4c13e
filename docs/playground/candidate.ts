import type { Look } from "../figures/plot/palette.ts";
import { type PolicyNumber, roster } from "../figures/roster.ts";

/** A policy that takes part; its numbers can be set. */
export interface Candidate {
  /** Its name in a link. */
  readonly id: string;
  /** Its name on the page. */
  readonly label: string;
  /** One sentence on what it does. */
  readonly hint: string;
  readonly look: Look;
  /** Which of its numbers can be set. */
  readonly numbers: readonly PolicyNumber[];
  /** The policy in the notation of `parsePolicy`. */
  describe(numbers: Readonly<Record<PolicyNumber, number>>): string;
}

/** The id under which a trace's own log takes part. */
export const RECORDED_ID = "recorded";

const { alone: _, ...others } = roster;

/** All policies that take part, in the order of the page. */
export const CANDIDATES: readonly Candidate[] = Object.entries(others)
  .map(([id, policy]) => ({ id, ...policy }));

/** What a candidate is called on the page. */
export function labelOf(id: string): string {
  return CANDIDATES.find((one) => one.id === id)?.label ?? "The log itself";
}

/** The color and symbol of a candidate; grey for the log of a trace. */
export function lookOf(id: string): Look {
  return CANDIDATES.find((one) => one.id === id)?.look ?? roster.alone.look;
}

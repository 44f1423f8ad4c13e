import type { PolicyCode } from "../../cli/doctor/format_code.ts";
import {
  type AdaptiveGoal,
  AdaptivePolicy,
} from "../../policies/adaptive_policy.ts";
import type { BatchPolicy } from "../../policies/batch_policy.ts";
import { parsePolicy } from "../../policies/parse_policy.ts";
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
  /** The policy in the notation of `parsePolicy`, which has no ladders. */
  describe(numbers: PolicyNumbers): string;
}

/** The numbers of all policies. */
export type PolicyNumbers = Readonly<Record<PolicyNumber, number>>;

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

/** The color and symbol of a candidate; gray for the log of a trace. */
export function lookOf(id: string): Look {
  return CANDIDATES.find((one) => one.id === id)?.look ?? roster.alone.look;
}

/** A new policy with these numbers. */
export function policyOf(
  candidate: Candidate,
  numbers: PolicyNumbers,
): BatchPolicy {
  if (!hasLadder(candidate, numbers)) {
    return parsePolicy(candidate.describe(numbers));
  }
  return new AdaptivePolicy({
    goal: goalOf(numbers),
    ladder: ladderUpTo(numbers.ladder),
  });
}

/** What the policy is called in the table: its notation, and its ladder's end. */
export function nameOf(candidate: Candidate, numbers: PolicyNumbers): string {
  const name = candidate.describe(numbers);
  return hasLadder(candidate, numbers)
    ? `${name}, up to ${numbers.ladder}`
    : name;
}

/** The policy for `formatCode`: its notation, or code if a ladder is set. */
export function codeOf(
  candidate: Candidate,
  numbers: PolicyNumbers,
): string | PolicyCode {
  if (!hasLadder(candidate, numbers)) return candidate.describe(numbers);
  return {
    names: ["AdaptivePolicy"],
    lines: [
      "new AdaptivePolicy({",
      `  goal: ${formatGoal(goalOf(numbers))},`,
      `  ladder: [${ladderUpTo(numbers.ladder).join(", ")}],`,
      "})",
    ],
  };
}

/** Powers of two below the largest batch, and that batch. */
export function ladderUpTo(largest: number): number[] {
  const ladder: number[] = [];
  for (let rung = 2; rung < largest; rung *= 2) ladder.push(rung);
  return [...ladder, largest];
}

function goalOf({ target, worth }: PolicyNumbers): AdaptiveGoal {
  if (target > 0) return { p99Ms: target };
  return worth > 0 ? { perFlush: worth, perRecordMs: 1 } : "latency";
}

function formatGoal(goal: AdaptiveGoal): string {
  if (goal === "latency") return '"latency"';
  const entries = Object.entries(goal).map(([key, value]) =>
    `${key}: ${value}`
  );
  return `{ ${entries.join(", ")} }`;
}

function hasLadder(
  { numbers: own }: Candidate,
  { ladder }: PolicyNumbers,
): boolean {
  return own.includes("ladder") && ladder > 0;
}

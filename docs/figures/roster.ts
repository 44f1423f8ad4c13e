import type { BatchPolicy } from "../../policies/batch_policy.ts";
import { parsePolicy } from "../../policies/parse_policy.ts";
import type { Look } from "./plot/palette.ts";

/** The numbers of the policies that can be set, with their defaults. */
export const POLICY_NUMBERS = {
  window: 1,
  count: 256,
  bytes: 65_536,
  age: 2,
  target: 0,
  worth: 0,
  ladder: 0,
  anyCount: 1000,
  anyBytes: 1_048_576,
  anyAge: 10,
};

/** The name of such a number. */
export type PolicyNumber = keyof typeof POLICY_NUMBERS;

/** A policy that the plots, the tables and the playground show. */
export interface RosterPolicy {
  /** Its name on the page. */
  readonly label: string;
  /** Its name at the head of a table's column. */
  readonly short: string;
  /** One sentence on what it does. */
  readonly hint: string;
  readonly look: Look;
  /** Which of its numbers can be set. */
  readonly numbers: readonly PolicyNumber[];
  /** The policy in the notation of `parsePolicy`, which has no ladders. */
  describe(numbers: Readonly<Record<PolicyNumber, number>>): string;
}

/*
 * Leader, count and bytes often do the same, so their lines coincide: they are
 * drawn above the others and take turns.
 */

/** The policies in the order in which they are shown. */
export const roster = {
  alone: {
    label: "No batching",
    short: "no batches",
    hint: "Flushes each record by itself.",
    look: { color: 0 },
    numbers: [],
    describe: () => "count:1",
  },
  leader: {
    label: "Leader commit",
    short: "Leader",
    hint: "The default: the first record's flush starts at once.",
    look: { color: 1, isAbove: true },
    numbers: [],
    describe: () => "leader",
  },
  window: {
    label: "Leader with a window",
    short: "half a sync",
    hint: "The first record waits for siblings if there have been any lately.",
    look: { color: 2 },
    numbers: ["window"],
    describe: ({ window }) => `leader:${window}`,
  },
  adaptive: {
    label: "Adaptive",
    short: "Adaptive",
    hint: "Learns from the traffic and the device when waiting pays off.",
    look: { color: 6 },
    numbers: ["target", "worth", "ladder"],
    describe: ({ target, worth }) => {
      if (target > 0) return `adaptive:${target}`;
      return worth > 0 ? `adaptive:${worth}/1` : "adaptive";
    },
  },
  count: {
    label: "Count",
    short: "Count",
    hint: "Flushes whatever is queued, up to this many records.",
    look: { color: 3, dash: "0 4 4 4", isAbove: true },
    numbers: ["count"],
    describe: ({ count }) => `count:${count}`,
  },
  bytes: {
    label: "Bytes",
    short: "Bytes",
    hint: "Flushes whatever is queued, up to this many bytes.",
    look: { color: 7, dash: "0 8 4 0", isAbove: true },
    numbers: ["bytes"],
    describe: ({ bytes }) => `bytes:${bytes}`,
  },
  age: {
    label: "Age",
    short: "Age",
    hint: "Flushes once the oldest record has waited this long.",
    look: { color: 4 },
    numbers: ["age"],
    describe: ({ age }) => `age:${age}`,
  },
  any: {
    label: "Any of three",
    short: "anyOf",
    hint: "Flushes at a count, a size or an age, whichever comes first.",
    look: { color: 5 },
    numbers: ["anyCount", "anyBytes", "anyAge"],
    describe: ({ anyCount, anyBytes, anyAge }) =>
      `count:${anyCount},bytes:${anyBytes},age:${anyAge}`,
  },
} as const satisfies Record<string, RosterPolicy>;

/** The name of a policy of the roster. */
export type PolicyId = keyof typeof roster;

/** The names, in the order of the roster. */
export const policyIds = Object.keys(roster) as readonly PolicyId[];

/** A policy with its defaults; its window is half a sync of the device. */
export function policyFor(
  id: PolicyId,
  { syncMs }: { readonly syncMs: number },
): BatchPolicy {
  return parsePolicy(
    roster[id].describe({ ...POLICY_NUMBERS, window: syncMs / 2 }),
  );
}

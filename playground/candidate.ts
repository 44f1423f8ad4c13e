import type { NumberName } from "./number_field.ts";

/** A policy that takes part; its numbers can be set. */
export interface Candidate {
  /** Its name in a link. */
  readonly id: string;
  /** Its name on the page. */
  readonly label: string;
  /** One sentence on what it does. */
  readonly hint: string;
  /** What can be set of it. */
  readonly numbers: readonly NumberName[];
  /** The policy in the words of the command line's `--policy`. */
  describe(numbers: Readonly<Record<NumberName, number>>): string;
}

/** What the log of a trace did itself takes part under this id. */
export const RECORDED_ID = "recorded";

/** All policies that take part, in the order of the page. */
export const CANDIDATES: readonly Candidate[] = [
  {
    id: "leader",
    label: "Leader commit",
    hint: "The default: the first record's flush starts at once.",
    numbers: [],
    describe: () => "leader",
  },
  {
    id: "window",
    label: "Leader with a window",
    hint: "The first record waits for siblings, if siblings are seen.",
    numbers: ["window"],
    describe: ({ window }) => `leader:${window}`,
  },
  {
    id: "count",
    label: "Count",
    hint: "Flushes when the queue is drained, so many records at most.",
    numbers: ["count"],
    describe: ({ count }) => `count:${count}`,
  },
  {
    id: "bytes",
    label: "Bytes",
    hint: "Flushes when the queue is drained, so many bytes at most.",
    numbers: ["bytes"],
    describe: ({ bytes }) => `bytes:${bytes}`,
  },
  {
    id: "age",
    label: "Age",
    hint: "Flushes when the oldest record has waited so long.",
    numbers: ["age"],
    describe: ({ age }) => `age:${age}`,
  },
  {
    id: "adaptive",
    label: "Adaptive",
    hint: "Learns from traffic and device when a wait pays.",
    numbers: ["target"],
    describe: ({ target }) => target > 0 ? `adaptive:${target}` : "adaptive",
  },
  {
    id: "any",
    label: "Any of three",
    hint: "Flushes on what comes first: a count, bytes or an age.",
    numbers: ["anyCount", "anyBytes", "anyAge"],
    describe: ({ anyCount, anyBytes, anyAge }) =>
      `count:${anyCount},bytes:${anyBytes},age:${anyAge}`,
  },
];

/** What a candidate is called on the page. */
export function labelOf(id: string): string {
  return CANDIDATES.find((one) => one.id === id)?.label ?? "The log itself";
}

/** The number of a candidate's colour and mark; 0 is that of the trace. */
export function colorOf(id: string): number {
  return CANDIDATES.findIndex((one) => one.id === id) + 1;
}

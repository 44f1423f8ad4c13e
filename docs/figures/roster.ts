import { AdaptivePolicy } from "../../policies/adaptive_policy.ts";
import { AgePolicy } from "../../policies/age_policy.ts";
import { anyOf } from "../../policies/any_of.ts";
import type { BatchPolicy } from "../../policies/batch_policy.ts";
import { BytesPolicy } from "../../policies/bytes_policy.ts";
import { CountPolicy } from "../../policies/count_policy.ts";
import { LeaderCommitPolicy } from "../../policies/leader_commit_policy.ts";
import type { Device } from "./device.ts";

/** A policy as the figures show it. */
export interface ShownPolicy {
  /** Its name and its options. */
  readonly name: string;
  /** The name alone, for the head of a table. */
  readonly short: string;
  /** Its colour and its mark, the same in every plot. */
  readonly look: Look;
  /** A fresh one for a run on a device. */
  readonly make: (device: Device) => BatchPolicy;
}

/**
 * Each policy's number in the lab's palette. As far as the lab has a policy by
 * default, it is the number that it has there.
 */
export const LOOKS = {
  alone: 0,
  leader: 1,
  window: 2,
  count: 3,
  age: 4,
  anyOf: 5,
  adaptive: 6,
  bytes: 7,
} as const;

/** One of {@linkcode LOOKS}. */
export type Look = typeof LOOKS[keyof typeof LOOKS];

/** The policies of the sweeps and the tables, with their defaults. */
export const roster = {
  alone: {
    name: "CountPolicy 1 (no batches)",
    short: "no batches",
    look: LOOKS.alone,
    make: () => new CountPolicy({ records: 1 }),
  },
  leader: {
    name: "LeaderCommitPolicy (default)",
    short: "Leader",
    look: LOOKS.leader,
    make: () => new LeaderCommitPolicy(),
  },
  window: {
    name: "… windowMs half a sync",
    short: "half a sync",
    look: LOOKS.window,
    make: ({ syncMs }) => new LeaderCommitPolicy({ windowMs: syncMs / 2 }),
  },
  adaptive: {
    name: "AdaptivePolicy",
    short: "Adaptive",
    look: LOOKS.adaptive,
    make: () => new AdaptivePolicy(),
  },
  count: {
    name: "CountPolicy 256",
    short: "Count",
    look: LOOKS.count,
    make: () => new CountPolicy(),
  },
  bytes: {
    name: "BytesPolicy 64 KiB",
    short: "Bytes",
    look: LOOKS.bytes,
    make: () => new BytesPolicy(),
  },
  age: {
    name: "AgePolicy 2 ms",
    short: "Age",
    look: LOOKS.age,
    make: () => new AgePolicy(),
  },
  anyOf: {
    name: "anyOf(1000, 1 MiB, 10 ms)",
    short: "anyOf",
    look: LOOKS.anyOf,
    make: () =>
      anyOf(
        new CountPolicy({ records: 1000 }),
        new BytesPolicy({ bytes: 1 << 20 }),
        new AgePolicy({ ms: 10 }),
      ),
  },
} as const satisfies Record<string, ShownPolicy>;

/** The policies in the order in which they are shown. */
export const shownPolicies: readonly ShownPolicy[] = Object.values(roster);

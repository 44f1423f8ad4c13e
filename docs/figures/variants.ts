import { AdaptivePolicy } from "../../policies/adaptive_policy.ts";
import { AgePolicy } from "../../policies/age_policy.ts";
import { anyOf } from "../../policies/any_of.ts";
import type { BatchPolicy } from "../../policies/batch_policy.ts";
import { BytesPolicy } from "../../policies/bytes_policy.ts";
import { CountPolicy } from "../../policies/count_policy.ts";
import { LeaderCommitPolicy } from "../../policies/leader_commit_policy.ts";
import type { Device } from "./device.ts";
import { extremes, type Load, loads } from "./loads.ts";
import { roster } from "./roster.ts";

/** A policy with options, and the loads that show what they do. */
export interface Variant {
  readonly options: string;
  readonly make: (device: Device) => BatchPolicy;
  readonly under: readonly Load[];
}

const all = Object.values(loads);
const { deluge, large } = extremes;

/** What the table of each policy has, by its place in the document. */
export const variants: Readonly<Record<string, readonly Variant[]>> = {
  leader: [{
    options: "default",
    make: roster.leader.make,
    under: [...all, deluge, large],
  }],
  window: [
    { options: "half a sync", make: roster.window.make, under: all },
    {
      options: "half, 8 siblings",
      make: ({ syncMs }) =>
        new LeaderCommitPolicy({ windowMs: syncMs / 2, minSiblings: 8 }),
      under: [loads.trickle, loads.bursts],
    },
    {
      options: "2 ms",
      make: () => new LeaderCommitPolicy({ windowMs: 2 }),
      under: [loads.callers, loads.bursts],
    },
    {
      options: "1.5 syncs",
      make: ({ syncMs }) => new LeaderCommitPolicy({ windowMs: 1.5 * syncMs }),
      under: [loads.callers, loads.trickle, loads.bursts],
    },
  ],
  adaptive: [
    {
      options: "default",
      make: roster.adaptive.make,
      under: [...all, deluge],
    },
    {
      options: "ladder to 1024",
      make: () => new AdaptivePolicy({ ladder: [2, 8, 32, 128, 512, 1024] }),
      under: [deluge],
    },
    {
      options: "target 10 ms",
      make: () => new AdaptivePolicy({ targetLatencyMs: 10 }),
      under: [loads.callers, loads.bursts],
    },
  ],
  count: [
    {
      options: "default, 256",
      make: roster.count.make,
      under: [...all, deluge],
    },
    {
      options: "16",
      make: () => new CountPolicy({ records: 16 }),
      under: [loads.callers, loads.flood],
    },
    {
      options: '100, "wait"',
      make: () => new CountPolicy({ records: 100, whenIdle: "wait" }),
      under: [loads.callers, loads.trickle, loads.flood],
    },
  ],
  bytes: [
    {
      options: "default, 64 KiB",
      make: roster.bytes.make,
      under: [...all, deluge, large],
    },
    {
      options: "16 KiB",
      make: () => new BytesPolicy({ bytes: 16 * 1024 }),
      under: [deluge],
    },
    {
      options: "1 MiB",
      make: () => new BytesPolicy({ bytes: 1024 * 1024 }),
      under: [large],
    },
  ],
  age: [
    { options: "default, 2 ms", make: roster.age.make, under: all },
    {
      options: "10 ms",
      make: () => new AgePolicy({ ms: 10 }),
      under: [loads.lone, loads.callers, loads.trickle],
    },
    {
      options: "100 ms",
      make: () => new AgePolicy({ ms: 100 }),
      under: [loads.trickle, loads.bursts],
    },
  ],
  anyOf: [
    { options: "1000, 1 MiB, 10 ms", make: roster.anyOf.make, under: all },
    {
      options: "count 64, age 10 ms",
      make: () =>
        anyOf(new CountPolicy({ records: 64 }), new AgePolicy({ ms: 10 })),
      under: [loads.callers, loads.flood],
    },
    {
      options: "Adaptive, 64 KiB",
      make: () => anyOf(new AdaptivePolicy(), new BytesPolicy()),
      under: [loads.callers, loads.bursts],
    },
  ],
};

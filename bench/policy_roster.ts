/** A policy that the demonstration and the experiments measure. */
export interface MeasuredPolicy {
  /** The policy, as `parsePolicy` and the command line take it. */
  readonly policy: string;
  /** What a table adds to it. */
  readonly note?: string;
}

/** The policies measured by default. The first one is the baseline. */
export const policyRoster: readonly MeasuredPolicy[] = [
  { policy: "count:1", note: "no batching" },
  { policy: "leader", note: "the default" },
  { policy: "leader:1" },
  { policy: "adaptive" },
  { policy: "count:256" },
  { policy: "bytes:64k" },
  { policy: "age:2" },
  { policy: "count:1000,bytes:1m,age:10" },
];

/** What is done to a log. */
export type RaftLoad = "one" | "many" | "follower" | "vote";

/** The loads, and what the figures count. */
export const raftLoads: readonly {
  readonly load: RaftLoad;
  readonly title: string;
}[] = [
  { load: "one", title: "entries, 1 proposal at a time" },
  { load: "many", title: "entries, 64 proposals at a time" },
  { load: "follower", title: "entries, 64 in each message of a leader" },
  { load: "vote", title: "votes" },
];

/** What the worker does. */
export interface RaftJob {
  readonly load: RaftLoad;
  readonly rounds: number;
  /** How long each log appends in each round, in ms. */
  readonly sliceMs: number;
}

/** What was found: medians over the rounds. */
export interface RaftFound {
  readonly plainPerSecond: number;
  readonly raftPerSecond: number;
  /** The median time of a call of the Raft log. */
  readonly p50Ms: number;
  readonly ratio: number;
  /** The ratio's quartiles. */
  readonly ratios: readonly [number, number];
}

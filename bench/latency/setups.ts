import { contenders } from "../../demo/contenders.ts";
import { LeaderCommitPolicy } from "../../policies/leader_commit_policy.ts";
import { NodeStorage } from "../../storage/node_storage.ts";
import type { WalOptions } from "../../wal_options.ts";

/** A way to open the log whose latency is measured. */
export interface Setup {
  readonly name: string;
  /** Fresh options: a policy belongs to one log. */
  options(): WalOptions;
}

/** The demonstration's policies, and syncs that do not block the loop. */
export const setups: readonly Setup[] = [
  ...contenders().map(({ name }, index) => ({
    name,
    options: () => ({ policy: contenders()[index].policy }),
  })),
  {
    name: "LeaderCommitPolicy, io threaded",
    options: () => ({
      policy: new LeaderCommitPolicy(),
      storage: (directory) => new NodeStorage(directory, { io: "threaded" }),
    }),
  },
];

/*
 * Goal: a cluster whose nodes keep their logs in RaftLog is a Raft cluster.
 * Method: three nodes, a network that loses, repeats and reorders messages, and
 * power that is lost in the midst of calls; all from a seed. After each step:
 * at most one leader per term, who has every entry that was ever committed;
 * logs that agree on an entry agree on all before it; all apply the same. In
 * the end, without faults, all nodes agree.
 */
import { assertGreater } from "../../../kit/assert.ts";
import { test } from "../../../kit/register.ts";
import { shareIndex } from "../../../kit/share.ts";
import { RaftCluster } from "./raft_cluster.ts";

const SEEDS = 4;

for (let nth = 1; nth <= SEEDS; nth++) {
  const seed = SEEDS * shareIndex + nth;
  test(`RaftLog serves a cluster that loses messages and power: ${nth}`, async () => {
    const cluster = new RaftCluster(seed);
    try {
      await cluster.run(1500);
      await cluster.heal();
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
    const { elections, crashes, installs } = cluster.counts;
    assertGreater(Math.min(elections, crashes, installs), 2, `seed ${seed}`);
    assertGreater(cluster.appliedCount, 30, `seed ${seed}`);
    await cluster.close();
  });
}

import { LeaderCommitPolicy } from "../../../policies/leader_commit_policy.ts";
import { SeededRandom } from "../../../random.ts";
import {
  type Arrival,
  arrivalsOf,
  SHAPES,
} from "../../../testing/laws/arrivals.ts";
import { runPolicy } from "../../../testing/laws/policy_run.ts";
import { assert, assertEquals } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

/** Appends in each flush of the default policy, where a sync takes 3 ms. */
async function groupsOf(arrivals: Arrival[]): Promise<number[]> {
  const policy = new LeaderCommitPolicy();
  const ending = { wait: 100 };
  const run = await runPolicy({ policy, arrivals, syncMs: 3, ending });
  return run.frames.map(({ firstLsn, lastLsn }) =>
    run.entries.filter(({ first }) => first! >= firstLsn && first! <= lastLsn)
      .length
  );
}

test("SeededRandom gives the numbers of mulberry32", () => {
  const random = new SeededRandom(1);
  const numbers = [random.next(), random.next(), random.next()];
  assertEquals(numbers, [
    0.6270739405881613,
    0.002735721180215478,
    0.5274470399599522,
  ]);
});

test("SeededRandom.integer() gives each of its bounds, and no other", () => {
  const random = new SeededRandom(5);
  const drawn = Array.from({ length: 200 }, () => random.integer(3, 6));
  assertEquals([...new Set(drawn)].sort(), [3, 4, 5, 6]);
});

test("arrivalsOf() gives the same arrivals for the same seed", () => {
  for (const shape of SHAPES) {
    const draw = (seed: number) =>
      arrivalsOf(shape, 20, new SeededRandom(seed));
    assertEquals(draw(3), draw(3));
    assert(JSON.stringify(draw(3)) !== JSON.stringify(draw(4)));
  }
});

test("arrivalsOf() has shapes that let a log flush one, or many", async () => {
  const groups: Record<string, number[]> = {};
  for (const shape of SHAPES) {
    groups[shape] = await groupsOf(arrivalsOf(shape, 28, new SeededRandom(1)));
  }
  assertEquals(groups, {
    lone: Array(28).fill(1),
    burst: [7, 7, 7, 7],
    steady: [1, 4, 4, 4, 5, 4, 4, 2],
    "on/off": [1, 8, 1, 8, 1, 8, 1],
  });
});

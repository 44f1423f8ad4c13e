import { formatCode } from "../../../cli/doctor/format_code.ts";
import {
  CANDIDATES,
  codeOf,
  ladderUpTo,
  nameOf,
  policyOf,
} from "../../../docs/playground/candidate.ts";
import { INITIAL, withNumber } from "../../../docs/playground/settings.ts";
import type { BatchPolicy } from "../../../policies/batch_policy.ts";
import { parsePolicy } from "../../../policies/parse_policy.ts";
import { poissonArrivals } from "../../../simulator/arrivals.ts";
import { constantCosts } from "../../../simulator/costs.ts";
import { simulate } from "../../../simulator/simulate.ts";
import { assert, assertEquals } from "../../kit/assert.ts";
import { policyOfCode } from "../../kit/policy_of_code.ts";
import { test } from "../../kit/register.ts";

const adaptive = CANDIDATES.find(({ id }) => id === "adaptive")!;
const others = CANDIDATES.filter(({ id }) => id !== "adaptive");
const long = withNumber(INITIAL, "ladder", 500).numbers;

function codeFor(numbers: typeof long): string {
  return formatCode({
    policy: codeOf(adaptive, numbers),
    ...{ io: "auto", directory: "log", storage: "NodeStorage" },
  }).join("\n");
}

/** What a policy comes to under a load that each goal handles differently. */
function runOf(policy: BatchPolicy): readonly number[] {
  const load = poissonArrivals({ count: 2000, perSecond: 400 });
  const run = simulate(policy, load, constantCosts({ syncMs: 5 }));
  return [run.flushes, run.meanMs];
}

test("ladderUpTo() doubles up to the largest batch", () => {
  assertEquals(ladderUpTo(2), [2]);
  assertEquals(ladderUpTo(3), [2, 3]);
  assertEquals(ladderUpTo(16), [2, 4, 8, 16]);
  assertEquals(ladderUpTo(100), [2, 4, 8, 16, 32, 64, 100]);
});

test("policyOf() gives the adaptive policy the ladder that is set", () => {
  assertEquals(policyOf(adaptive, long).limits?.records, 500);
  assertEquals(nameOf(adaptive, long), "adaptive, up to 500");
  assertEquals(nameOf(adaptive, INITIAL.numbers), "adaptive");
  for (const one of others) {
    assertEquals(nameOf(one, long), one.describe(long));
    assertEquals(codeOf(one, long), one.describe(long));
  }
});

/** Goals as they are set, in notation, and in code. */
const goals: readonly (readonly [Partial<typeof long>, string, string])[] = [
  [{}, "adaptive", 'goal: "latency"'],
  [{ target: 20 }, "adaptive:20", "goal: { p99Ms: 20 }"],
  [
    { worth: 75.5 },
    "adaptive:75.5/1",
    "goal: { perFlush: 75.5, perRecordMs: 1 }",
  ],
  [{ target: 20, worth: 75.5 }, "adaptive:20", "goal: { p99Ms: 20 }"],
];

test("the adaptive policy aims at the p99 goal, or at what a flush is worth", () => {
  for (const [numbers, notation] of goals) {
    const set = { ...INITIAL.numbers, ...numbers };
    assertEquals(nameOf(adaptive, set), notation);
    assertEquals(codeOf(adaptive, set), notation);
  }
});

test("policyOf() and codeOf() have the same goal with a ladder and without", async () => {
  for (const [numbers, notation, inCode] of goals) {
    const set = { ...long, ...numbers };
    const code = codeFor(set);
    assert(code.includes(inCode), code);
    const expected = runOf(parsePolicy(notation));
    // The load has no batch that reaches a cap or the ladder's last rung.
    const unlimited = { ...set, ladder: 4096 };
    assertEquals(runOf(policyOf(adaptive, unlimited)), expected);
    assertEquals(runOf(policyOf(adaptive, { ...set, ladder: 0 })), expected);
    const coded = await policyOfCode(codeFor(unlimited));
    assertEquals(runOf(coded), expected);
    assertEquals((await policyOfCode(code)).limits?.records, 500);
  }
});

test("codeOf() is at most 80 columns wide, however long the ladder", () => {
  for (const line of codeFor({ ...long, ladder: 10_000 }).split("\n")) {
    assert(line.length <= 80, line);
  }
});

import { formatCode } from "../../../cli/doctor/format_code.ts";
import { CANDIDATES } from "../../../docs/playground/candidate.ts";
import { INITIAL } from "../../../docs/playground/settings.ts";
import type { BatchPolicy } from "../../../policies/batch_policy.ts";
import { parsePolicy } from "../../../policies/parse_policy.ts";
import { poissonArrivals } from "../../../simulator/arrivals.ts";
import { constantCosts } from "../../../simulator/costs.ts";
import { simulate } from "../../../simulator/simulate.ts";
import { assert, assertEquals } from "../../kit/assert.ts";
import { policyOfCode } from "../../kit/policy_of_code.ts";
import { test } from "../../kit/register.ts";

/** The code that the page shows for a policy. */
function codeFor(policy: string): string {
  const rest = {
    io: "auto",
    directory: "log",
    storage: "NodeStorage",
  } as const;
  return formatCode({ policy, ...rest }).join("\n");
}

/** What a policy does, to distinguish it from others. */
function latenciesOf(policy: BatchPolicy): number[] {
  const arrivals = poissonArrivals({ count: 3000, perSecond: 5000 });
  const costs = constantCosts({ syncMs: 3, writeMsPerMiB: 90 });
  return [...simulate(policy, arrivals, costs).latencies];
}

for (const { label, describe } of CANDIDATES) {
  test(`formatCode() is code for the same policy: ${label}`, async () => {
    const policy = describe(INITIAL.numbers);
    const made = await policyOfCode(codeFor(policy));
    const meant = parsePolicy(policy);
    assertEquals(made.constructor, meant.constructor);
    assertEquals([made.limits, made.whenIdle], [meant.limits, meant.whenIdle]);
    assertEquals(latenciesOf(made), latenciesOf(meant));
  });

  test(`formatCode() is at most 80 columns wide: ${label}`, () => {
    const code = codeFor(describe(INITIAL.numbers));
    for (const line of code.split("\n")) assert(line.length <= 80, line);
  });
}

test("formatCode() keeps the numbers that were set", async () => {
  const { limits } = await policyOfCode(codeFor("count:77,bytes:4096"));
  assertEquals(limits, { records: 77, bytes: 4096 });
});

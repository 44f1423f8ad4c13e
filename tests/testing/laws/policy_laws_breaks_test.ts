/**
 * Goal: each law of the kit fails on a policy that breaks it.
 *
 * Method: a table of policies that break one, and of the law that has to find
 * it. Laws that no policy can break, because the writer keeps them, are tested
 * with traces that no writer makes.
 *
 * @module
 */
import { policyLaws } from "../../../testing/laws/policy_laws.ts";
import { assertEquals, assertStringIncludes } from "../../kit/assert.ts";
import { failuresOf, testNames } from "../../kit/failures_of.ts";
import { test } from "../../kit/register.ts";
import { depthOf, isMine } from "../../kit/share.ts";
import { badPolicies } from "./bad_policies.ts";

/** Laws that the writer keeps whatever a policy does. */
const unbreakable = [
  "flush() drains the log, without time passing",
  "close() drains the log",
  "records keep their order",
  "no record is acknowledged before it is durable",
  "appendBatch() stays in one frame",
  "no crash loses what was acknowledged",
];

for (const [index, [how, law, make]] of badPolicies.entries()) {
  // What takes long is held on one of the runtimes for each policy.
  const held = unbreakable.filter((law) => !/crash/.test(law) || isMine(index));
  if (depthOf(index) === "not at all") continue;
  test(`policyLaws() finds that ${how}`, async () => {
    const options = { seed: 4711, maxWaitMs: 5 };
    const failures = await failuresOf(
      (register) => policyLaws(register, make, options),
      [law, ...held],
    );
    assertEquals([...failures.keys()], [law]);
    const { message } = failures.get(law)!;
    assertStringIncludes(message, `Law: ${law}\nFound: `);
    assertStringIncludes(message, "\nSeed: 4711");
  });
}

test("policyLaws() has no law that finds nothing", () => {
  const options = { maxWaitMs: 5 };
  const laws = testNames((register) =>
    policyLaws(register, badPolicies[0][2], options)
  );
  const named = new Set(badPolicies.map(([, law]) => law));
  assertEquals(laws.filter((law) => !named.has(law)), unbreakable);
});

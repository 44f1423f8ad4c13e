import { formatCode } from "../../../cli/doctor/format_code.ts";
import {
  CANDIDATES,
  codeOf,
  ladderUpTo,
  nameOf,
  policyOf,
} from "../../../docs/playground/candidate.ts";
import { INITIAL, withNumber } from "../../../docs/playground/settings.ts";
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

test("codeOf() is code for the policy with its ladder and goal", async () => {
  for (const target of [0, 20]) {
    const code = codeFor({ ...long, target });
    const policy = await policyOfCode(code);
    assertEquals(policy.limits?.records, 500);
    assertEquals(code.includes("20"), target > 0);
  }
});

test("codeOf() is at most 80 columns wide, however long the ladder", () => {
  for (const line of codeFor({ ...long, ladder: 10_000 }).split("\n")) {
    assert(line.length <= 80, line);
  }
});

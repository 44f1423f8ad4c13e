import type { Verdict } from "../../../cli/lab/decide.ts";
import {
  describeVerdict,
  summarizeVerdict,
} from "../../../docs/playground/describe_verdict.ts";
import { assertEquals } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

const figures = {
  name: "leader",
  ...{ meanMs: 2, p50Ms: 1, p99Ms: 3, p999Ms: 4, maxMs: 9 },
  ...{ recordsPerSecond: 5, flushesPerSecond: 6, recordsPerFlush: 4 },
  busyShare: 0.5,
};
const spread = { low: 1.9, median: 2, high: 2.1 };
const standings = ["leader", "age", "any"].map((name) => {
  return { name, figures, spread, isExcluded: false };
});
const verdict: Verdict = {
  ...{ goal: "mean", standings, choice: "age", alike: ["age"] },
  isBoundMissed: false,
};

test("describeVerdict() names a clear winner with its spread", () => {
  assertEquals(
    describeVerdict(verdict, 0),
    "Age is clearly best over ten seeds: 2.00 ms mean latency (1.90 – 2.10 ms).",
  );
  assertEquals(
    describeVerdict({ ...verdict, goal: "money" }, 250),
    "Age is clearly best over ten seeds among those within 250 ms: 500.0 " +
      "records per flush (476.2 – 526.3).",
  );
  assertEquals(summarizeVerdict(verdict), "★ Age");
});

test("describeVerdict() says that there is no clear winner", () => {
  const unclear = { ...verdict, alike: ["leader", "age"] };
  assertEquals(
    describeVerdict(unclear, 0),
    "No clear winner over ten seeds between Leader commit and Age. Age is " +
      "the simplest that comes within 10 % of the best in half of the runs.",
  );
  const all = { ...verdict, alike: ["leader", "age", "any"] };
  assertEquals(
    describeVerdict(all, 0).startsWith(
      "No clear winner over ten seeds between any two policies. Age is",
    ),
    true,
  );
  assertEquals(summarizeVerdict(unclear), "no clear winner");
});

test("describeVerdict() says that no policy keeps within the bound", () => {
  assertEquals(
    describeVerdict({ ...verdict, isBoundMissed: true }, 20),
    "No policy keeps p99 within 20.0 ms, so the lowest p99 decides. Age comes " +
      "closest.",
  );
});

test("describeVerdict() of one policy does not call it best", () => {
  const [, age] = standings;
  assertEquals(
    describeVerdict({ ...verdict, standings: [age] }, 0),
    "Only Age takes part.",
  );
});

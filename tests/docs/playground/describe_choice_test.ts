import type { Figures } from "../../../cli/lab/candidates.ts";
import { type Contender, decide } from "../../../cli/lab/decide.ts";
import { describeChoice } from "../../../docs/playground/describe_choice.ts";
import { assertEquals } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

function contender(name: string, changes: Partial<Figures>): Contender {
  const figures: Figures = {
    ...{ name, meanMs: 5, p50Ms: 4, p99Ms: 20, p999Ms: 30, maxMs: 40 },
    ...{ recordsPerSecond: 500, flushesPerSecond: 100, recordsPerFlush: 5 },
    busyShare: 0.5,
    ...changes,
  };
  return { name, runs: Array.from({ length: 10 }, () => figures) };
}

const verdict = decide([
  contender("leader", {}),
  contender("count", { meanMs: 12, p99Ms: 26, flushesPerSecond: 60 }),
  contender("age", { meanMs: 5.1 }),
], { goal: "mean" });

test("describeChoice() says what a policy costs against the best one", () => {
  assertEquals(
    describeChoice(verdict, "count", 0),
    "Count against Leader commit, the best here: its mean latency is 2.4 " +
      "times as high (12.0 ms, not 5.00 ms), its p99 is 30 % higher (26.0 ms, " +
      "not 20.0 ms) and it makes 40 % fewer flushes/s (60.0, not 100).",
  );
});

test("describeChoice() speaks of money if flushes have a price", () => {
  const text = describeChoice(verdict, "count", 5);
  const end = "and a month costs 40 % less (788.94, not 1314.90).";
  assertEquals(text.slice(-end.length), end);
});

test("describeChoice() compares the best with the next best", () => {
  const text = "Age does as well as Leader commit, within 3 %.";
  assertEquals(describeChoice(verdict, "best", 0), text);
  assertEquals(describeChoice(verdict, "leader", 0), text);
});

test("describeChoice() says that a policy does as well, or takes no part", () => {
  assertEquals(
    describeChoice(verdict, "age", 0),
    "Age does as well as Leader commit, the best here: all figures are " +
      "within 3 %.",
  );
  assertEquals(describeChoice(verdict, "bytes", 0), "");
  const alone = decide([contender("leader", {})], { goal: "mean" });
  assertEquals(describeChoice(alone, "best", 0), "");
});

test("describeChoice() says that a policy breaks the bound", () => {
  const bounded = decide([
    contender("leader", {}),
    contender("count", { meanMs: 2, p99Ms: 26 }),
  ], { goal: "mean", maxP99Ms: 21 });
  assertEquals(describeChoice(bounded, "best", 0), "");
  const text = describeChoice(bounded, "count", 0);
  const end = "Its p99 is beyond the bound that is set.";
  assertEquals(text.slice(-end.length), end);
});

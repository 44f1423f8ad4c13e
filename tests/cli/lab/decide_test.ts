import type { Figures } from "../../../cli/lab/candidates.ts";
import { decide } from "../../../cli/lab/decide.ts";
import { assertEquals } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

const FIGURES: Figures = {
  ...{ name: "", meanMs: 1, p50Ms: 1, p99Ms: 1, p999Ms: 1, maxMs: 1 },
  ...{ recordsPerSecond: 1, flushesPerSecond: 1, recordsPerFlush: 1 },
  busyShare: 1,
};

/** A policy with one changed figure, seed by seed. */
function contender(name: string, key: keyof Figures, values: number[]) {
  const runs = values.map((value) => ({ ...FIGURES, name, [key]: value }));
  return { name, runs };
}

/** Ten times `value`, give or take a share. */
function about(value: number, share = 0): number[] {
  return Array.from(
    { length: 10 },
    (_, seed) => value * (1 + share * Math.sin(seed * 2.5)),
  );
}

test("decide() names the winner if nearly all seeds agree", () => {
  const { choice, alike, standings } = decide([
    contender("leader", "meanMs", about(10, 0.5)),
    contender("adaptive", "meanMs", about(9, 0.5)),
  ]);
  assertEquals([choice, alike], ["adaptive", ["adaptive"]]);
  assertEquals(standings.map(({ name }) => name), ["leader", "adaptive"]);
});

test("decide() finds no clear winner where the seeds disagree, and takes the simplest", () => {
  const noisy = about(10, 0.3).reverse();
  const verdict = decide([
    contender("leader", "meanMs", about(10.1, 0.3)),
    contender("age:2", "meanMs", about(20)),
    contender("adaptive", "meanMs", noisy),
  ]);
  assertEquals(verdict.alike, ["leader", "adaptive"]);
  assertEquals(verdict.choice, "leader");
});

test("decide() takes the simplest within 10 % of the best median, if no winner is clear", () => {
  const sometimes = (times: number) =>
    Array.from({ length: 10 }, (_, seed) => seed < times ? 10 : 20);
  const verdict = (leader: number, times: number) =>
    decide([
      contender("leader", "meanMs", about(leader)),
      contender("adaptive", "meanMs", sometimes(times)),
    ]);
  assertEquals(verdict(10.9, 8).alike, ["leader", "adaptive"]);
  assertEquals(verdict(10.9, 8).choice, "leader");
  assertEquals(verdict(11.1, 8).alike, ["leader", "adaptive"]);
  assertEquals(verdict(11.1, 8).choice, "adaptive");
  assertEquals(verdict(10.9, 9).alike, ["adaptive"]);
});

test("decide() goes by its goal", () => {
  const field = (key: keyof Figures) => [
    contender("less", key, about(9)),
    contender("more", key, about(10)),
  ];
  assertEquals(decide(field("p99Ms"), { goal: "p99" }).choice, "less");
  assertEquals(
    decide(field("recordsPerSecond"), { goal: "rate" }).choice,
    "more",
  );
  const money = decide(field("recordsPerFlush"), { goal: "money" });
  assertEquals(money.choice, "more");
  assertEquals(money.standings[1].spread.median, 100);
  assertEquals(decide(field("p99Ms"), { goal: "rate" }).alike.length, 2);
});

test("decide() excludes what exceeds the bound on p99", () => {
  const slow = contender("slow", "p99Ms", about(50));
  const bursting = contender("bursting", "p99Ms", [
    1,
    1,
    ...about(50).slice(2),
  ]);
  const safe = contender("safe", "p99Ms", about(20));
  const verdict = decide([slow, bursting, safe], { maxP99Ms: 20 });
  assertEquals(verdict.alike, ["safe"]);
  assertEquals(verdict.isBoundMissed, false);
  const missed = decide([slow, bursting, safe], { maxP99Ms: 19 });
  assertEquals([missed.choice, missed.isBoundMissed], ["safe", true]);
});

test("decide() shows medians and the spread from the 10th to the 90th percentile", () => {
  const values = [5, 1, 9, 3, 7, 2, 10, 4, 8, 6];
  const [{ figures, spread }] =
    decide([contender("leader", "meanMs", values)]).standings;
  assertEquals([figures.name, figures.meanMs, figures.p99Ms], ["leader", 5, 1]);
  assertEquals(spread, { low: 1, median: 5, high: 9 });
});

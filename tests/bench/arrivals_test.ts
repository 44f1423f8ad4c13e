import { arrivals } from "../../bench/latency/arrivals.ts";
import { assert, assertEquals } from "../kit/assert.ts";
import { test } from "../kit/register.ts";

test("arrivals() come at the rate that was asked for, on average", () => {
  const count = arrivals(10_000, 10, 1).length;
  // Five standard deviations of a Poisson process.
  assert(Math.abs(count - 100_000) < 5 * Math.sqrt(100_000), `${count}`);
});

test("arrivals() has gaps as spread as a Poisson process has", () => {
  const instants = arrivals(1000, 20, 7);
  const gaps = instants.slice(1).map((at, index) => at - instants[index]);
  const long = gaps.filter((gap) => gap > 1).length / gaps.length;
  assert(Math.abs(long - Math.exp(-1)) < 0.02, `${long}`);
});

test("arrivals() are ascending, and the same for the same seed", () => {
  const instants = arrivals(5000, 1, 3);
  assertEquals([...instants], [...instants].sort((a, b) => a - b));
  assertEquals(instants, arrivals(5000, 1, 3));
});

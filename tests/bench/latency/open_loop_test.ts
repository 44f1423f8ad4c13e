import { Buffer } from "node:buffer";
import { arrivals, drive } from "../../../bench/latency/open_loop.ts";
import { assert, assertEquals } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

test("arrivals() come at the requested rate on average", () => {
  const count = arrivals(10_000, 10, 1).length;
  // Five standard deviations of a Poisson process.
  assert(Math.abs(count - 100_000) < 5 * Math.sqrt(100_000), `${count}`);
});

test("arrivals() has the gaps of a Poisson process", () => {
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

test("drive() counts from the instant at which a record was due", async () => {
  const blocked = {
    append() {
      const until = performance.now() + 20;
      while (performance.now() < until);
      return Promise.resolve();
    },
  };
  const instants = Float64Array.of(0, 1, 2);
  const loop = await drive(blocked, instants, [Buffer.alloc(1)]);
  assertEquals(loop.unacked, 0);
  // Each one waits for the calls before it: 20, 39 and 58 ms.
  assert(loop.latencies[2] > 50, `${loop.latencies}`);
});

import {
  callersWaiting,
  devices,
  measure,
} from "../../../docs/figures/measure.ts";
import { policyFor } from "../../../docs/figures/roster.ts";
import { CountPolicy } from "../../../policies/count_policy.ts";
import { assertEquals, assertLess } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

test("callersWaiting() are all there until the end: Little's law holds", () => {
  for (const device of devices) {
    for (const callers of [1, 2, 64, 1024]) {
      const appends = Math.max(60, 8000 / callers);
      const load = { make: () => callersWaiting(callers, device, appends) };
      const found = measure(policyFor("leader", device), load, device);
      const { recordsPerSecond, meanMs } = found;
      const thinkMs = 1;
      const present = recordsPerSecond / 1000 * (meanMs + thinkMs);
      assertLess(Math.abs(present / callers - 1), 0.04);
    }
  }
});

test("measure() distinguishes a policy that is late from one that is merely slow", () => {
  const [fast] = devices;
  const outcome = (at: (nth: number) => number) => {
    const arrivals = Array.from(
      { length: 1000 },
      (_, nth) => ({ at: at(nth), bytes: 9 }),
    );
    const one = new CountPolicy({ records: 1 });
    return measure(one, { make: () => arrivals }, fast).outcome;
  };
  assertEquals(outcome((nth) => nth * 0.2), "timely");
  assertEquals(outcome((nth) => nth * 0.112), "timely");
  assertEquals(outcome((nth) => nth * 0.105), "late");
  assertEquals(outcome((nth) => Math.floor(nth / 100) * 20), "timely");
});

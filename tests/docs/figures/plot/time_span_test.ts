import * as fc from "fast-check";
import {
  drawnAt,
  instantAt,
  timeTicks,
} from "../../../../docs/figures/plot/time_span.ts";
import { assert, assertEquals, assertLess } from "../../../kit/assert.ts";
import { test } from "../../../kit/register.ts";

/** 100 to 130 ms as drawn; 90 ms from 110 on are drawn as 5, 40 as 5. */
const span = {
  fromMs: 100,
  toMs: 130,
  cuts: [
    { fromMs: 110, toMs: 115, idleMs: 90 },
    { fromMs: 120, toMs: 125, idleMs: 40 },
  ],
};

test("drawnAt() moves what follows a cut closer", () => {
  const instants = [90, 100, 110, 155, 200, 205, 225, 245, 250];
  const drawn = instants.map((at) => drawnAt(span, at));
  assertEquals(drawn, [90, 100, 110, 112.5, 115, 120, 122.5, 125, 130]);
  assertEquals(drawnAt({ fromMs: 0, toMs: 9 }, 4), 4);
});

test("instantAt() is the inverse of drawnAt()", () => {
  const instants = fc.double({ min: 100, max: 250, noNaN: true });
  fc.assert(fc.property(instants, (at) => {
    assertLess(Math.abs(instantAt(span, drawnAt(span, at)) - at), 1e-9);
  }));
});

test("timeTicks() are round instants outside cuts, with room for labels", () => {
  assertEquals(timeTicks(span, 4), [
    ...[100, 105, 110].map((at) => ({ at, ms: at })),
    ...[200, 205].map((ms) => ({ ms, at: ms - 85 })),
    ...[245, 250].map((ms) => ({ ms, at: ms - 120 })),
  ]);
  const close = timeTicks({ fromMs: 7, toMs: 7.06 }, 0.02);
  assertEquals(close.map(({ ms }) => ms), [7, 7.02, 7.04, 7.06]);
});

test("timeTicks() are never closer than they may be", () => {
  const room = fc.double({ min: 0.01, max: 60, noNaN: true });
  fc.assert(fc.property(room, (leastMs) => {
    const ticks = timeTicks(span, leastMs);
    for (const [index, { at, ms }] of ticks.entries()) {
      assertLess(Math.abs(drawnAt(span, ms) - at), 1e-9);
      if (index > 0) assert(at - ticks[index - 1].at >= leastMs * 0.9999);
    }
  }));
});

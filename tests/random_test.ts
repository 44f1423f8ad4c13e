import * as fc from "fast-check";
import { exp, ln, normal } from "../random.ts";
import { assert, assertEquals, assertLess } from "./kit/assert.ts";
import { test } from "./kit/register.ts";

/** How far off a number is, as a share of what is expected. */
function error(found: number, expected: number): number {
  return Math.abs(found - expected) / Math.abs(expected);
}

test("ln() is as close to Math.log as rounding allows", () => {
  const near = fc.double({ min: 0.5, max: 2, noNaN: true });
  const any = fc.double({ min: 2 ** -40, max: 1e12, noNaN: true });
  fc.assert(fc.property(fc.oneof(near, any), (value) => {
    assert(value === 1 || error(ln(value), Math.log(value)) < 1e-15);
  }));
  assertEquals([ln(1), ln(Math.E), ln(2)], [0, 1, Math.LN2]);
});

test("exp() is as close to Math.exp as rounding allows", () => {
  fc.assert(
    fc.property(fc.double({ min: -60, max: 60, noNaN: true }), (power) => {
      assertLess(error(exp(power), Math.exp(power)), 1e-14);
    }),
  );
  assertEquals([exp(0), exp(-1e4), exp(1e4)], [1, 0, Infinity]);
});

test("normal() has the moments of a standard normal distribution", () => {
  const drawn = Array.from({ length: 40_000 }, (_, nth) => normal(7, nth));
  const moment = (power: number) =>
    drawn.reduce((sum, one) => sum + one ** power, 0) / drawn.length;
  for (const [index, expected] of [0, 1, 0, 3].entries()) {
    assertLess(Math.abs(moment(index + 1) - expected), 0.1);
  }
});

test("draws are the same in every engine, to the last bit", () => {
  const found = [0, 1, 2].flatMap((nth) => [
    normal(1, nth),
    ln(0.1 + nth / 7),
    exp(nth / 3 - 0.1),
  ]);
  assertEquals(found, [
    ...[-1.8972463751940374, -2.3025850929940455, 0.9048374180359595],
    ...[-1.4091151232097858, -1.415281897993143, 1.2628023432938014],
    ...[0.38177751890741596, -0.95265837604503, 1.7623826407286587],
  ]);
});

/**
 * Goal: the one pass over the arrivals finds the best of all waits.
 *
 * Method: random occasions; each rung and each wait of a grid, judged one by
 * one as the rule is written, gains no more.
 *
 * @module
 */
import fc from "fast-check";
import {
  chooseWait,
  NO_WAIT,
  type Occasion,
  type Wait,
} from "../../policies/_choose_wait.ts";
import { assert, assertEquals } from "../kit/assert.ts";
import { test } from "../kit/register.ts";

const LADDER = [2, 4, 8, 16];

/** Numbers that add without rounding. */
const eighth = (most: number) =>
  fc.integer({ min: 0, max: most * 8 }).map((value) => value / 8);

const occasion: fc.Arbitrary<Occasion> = fc.record({
  lagMs: fc.oneof(fc.constant(0), eighth(4)),
  records: fc.integer({ min: 1, max: 6 }),
  flushMs: eighth(4),
  later: fc.array(
    fc.record({
      ms: eighth(4).map((ms) => ms + 1 / 8),
      records: fc.integer({ min: 1, max: 5 }),
    }),
    { maxLength: 6 },
  ),
}).map(({ later, ...occasion }) => ({
  ...occasion,
  later: later.sort((a, b) => a.ms - b.ms),
  total: later.reduce((sum, { records }) => sum + records, occasion.records),
}));

/** What a wait gains on one occasion, as the rule says it. */
function gainOn(occasion: Occasion, { rung, from, ms }: Wait): number {
  const { records, total, flushMs, lagMs, later } = occasion;
  if (records >= rung) return 0;
  let waited = Math.max(0, from === "oldest" ? ms - lagMs : ms);
  let size = records;
  for (const { ms, records } of later) {
    if (ms > waited || size >= rung) break;
    size += records;
    if (size >= rung) waited = ms;
  }
  return (size - records) * flushMs - waited * total;
}

function gainOf(occasions: readonly Occasion[], wait: Wait): number {
  return occasions.reduce((sum, each) => sum + gainOn(each, wait), 0);
}

test("chooseWait() finds no wait that another one beats", () => {
  const occasions = fc.array(occasion, { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(occasions, (occasions) => {
      const found = gainOf(occasions, chooseWait(occasions, LADDER));
      const all = occasions.reduce(
        (sum, { total, flushMs }) => sum + total * flushMs,
        0,
      );
      for (const from of ["ready", "oldest"] as const) {
        for (const rung of LADDER) {
          for (let ms = 0; ms <= 8; ms += 1 / 8) {
            const gain = gainOf(occasions, { rung, from, ms });
            assert(gain <= Math.max(found, 0.02 * all) + 1e-9);
          }
        }
      }
    }),
    { numRuns: 300 },
  );
});

test("chooseWait() waits for as many as arrived after the batch was ready", () => {
  const later = [{ ms: 0.5, records: 1 }, { ms: 1, records: 2 }];
  const one = { lagMs: 0, records: 1, total: 4, flushMs: 5, later };
  assertEquals(chooseWait([one, one], LADDER), {
    rung: 4,
    from: "ready",
    ms: 1,
  });
});

test("chooseWait() chooses no wait where nothing arrived, or a flush is cheap", () => {
  const later = [{ ms: 0.5, records: 1 }];
  const one = { lagMs: 0, records: 1, total: 2, flushMs: 1, later };
  assertEquals(chooseWait([one], LADDER), NO_WAIT);
  const little = { ...one, flushMs: 1.03 };
  assertEquals(chooseWait([little], LADDER), NO_WAIT);
  assertEquals(chooseWait([{ ...one, flushMs: 1.1 }], LADDER).ms, 0.5);
  const none = { ...one, flushMs: 9, total: 1, later: [] };
  assertEquals(chooseWait([none], LADDER), NO_WAIT);
});

/**
 * Goal: the sums of a table find the wait that gains most.
 *
 * Method: random occasions; each rung and each wait of a fine grid, judged one
 * by one as the rule is written, gains hardly more. The table knows waits that
 * are up to an eighth apart, so what is found may fall short by as much.
 *
 * @module
 */
import fc from "fast-check";
import {
  NO_WAIT,
  Occasion,
  type Wait,
  WaitTable,
} from "../../policies/_wait_table.ts";
import { assert, assertEquals } from "../kit/assert.ts";
import { test } from "../kit/register.ts";

const LADDER = [2, 4, 8, 16];
const FLUSH_MS = 4;
const MOST_MS = 8;

interface Drawn {
  readonly lagMs: number;
  readonly ready: number;
  readonly later: readonly { readonly ms: number; readonly records: number }[];
}

const eighth = (most: number) =>
  fc.integer({ min: 1, max: most * 8 }).map((value) => value / 8);

const drawn: fc.Arbitrary<Drawn> = fc.record({
  lagMs: fc.oneof(fc.constant(0), eighth(4)),
  ready: fc.integer({ min: 1, max: 6 }),
  later: fc.array(
    fc.record({ ms: eighth(4), records: fc.integer({ min: 1, max: 5 }) }),
    { maxLength: 6 },
  ),
}).map(({ later, ...rest }) => ({
  ...rest,
  later: later.sort((a, b) => a.ms - b.ms),
}));

function totalOf({ ready, later }: Drawn): number {
  return later.reduce((sum, { records }) => sum + records, ready);
}

/** What a wait gains on one occasion, as the rule says it. */
function gainOn(occasion: Drawn, { rung, from, ms }: Wait): number {
  const { ready, lagMs, later } = occasion;
  if (ready >= rung) return 0;
  let waited = Math.max(0, from === "oldest" ? ms - lagMs : ms);
  let size = ready;
  for (const { ms, records } of later) {
    if (ms > waited || size >= rung) break;
    size += records;
    if (size >= rung) waited = ms;
  }
  return (size - ready) * FLUSH_MS - waited * totalOf(occasion);
}

function gainOf(occasions: readonly Drawn[], wait: Wait): number {
  return occasions.reduce((sum, each) => sum + gainOn(each, wait), 0);
}

function tableOf(occasions: readonly Drawn[]): WaitTable {
  const table = new WaitTable(["ready", "oldest"], LADDER);
  const occasion = new Occasion();
  for (const { lagMs, ready, later } of occasions) {
    occasion.begin(lagMs, ready);
    for (const { ms, records } of later) occasion.add(ms, records);
    table.add(occasion, FLUSH_MS, MOST_MS);
  }
  return table;
}

/** Only a run of occasions without arrivals is ignored, see below. */
const some = fc.array(drawn, { minLength: 1, maxLength: 6 }).filter((all) =>
  all[0].later.length > 0 && all.slice(-2).some(({ later }) => later.length > 0)
);

test("WaitTable.choose() finds no wait that another one clearly beats", () => {
  fc.assert(
    fc.property(some, (occasions) => {
      const chosen = tableOf(occasions).choose(Infinity, MOST_MS);
      const found = gainOf(occasions, chosen);
      const records = occasions.reduce((sum, each) => sum + totalOf(each), 0);
      const worthwhile = 0.02 * FLUSH_MS * records;
      for (const from of ["ready", "oldest"] as const) {
        for (const rung of LADDER) {
          for (let ms = 0.5; ms <= 7; ms += 1 / 8) {
            const gain = gainOf(occasions, { rung, from, ms });
            // The next wait in the table is longer, and all of them wait for it.
            const unsure = 0.125 * ms * records;
            assert(gain <= Math.max(found, worthwhile) + unsure + 1e-9);
          }
        }
      }
    }),
    { numRuns: 300 },
  );
});

const callers = { lagMs: 0, ready: 1, later: [{ ms: 0.5, records: 7 }] };
const alone = { lagMs: 0, ready: 1, later: [] };

test("WaitTable.choose() waits for callers who return together", () => {
  const wait = tableOf([callers, callers]).choose(Infinity, MOST_MS);
  assertEquals(wait.rung, 2);
  assert(0.5 <= wait.ms && wait.ms < 0.57, `${wait.ms}`);
});

test("WaitTable.choose() offers no rung beyond the most records", () => {
  const spread = {
    lagMs: 0,
    ready: 1,
    later: [1, 2, 3, 4, 5, 6].map((nth) => ({ ms: nth / 8, records: 2 })),
  };
  assertEquals(tableOf([spread]).choose(Infinity, MOST_MS).rung, 16);
  assertEquals(tableOf([spread]).choose(8, MOST_MS).rung, 8);
});

test("WaitTable.choose() gives up after three occasions without arrivals", () => {
  const after = (misses: number) =>
    tableOf([...Array(20).fill(callers), ...Array(misses).fill(alone)])
      .choose(Infinity, MOST_MS);
  assert(after(2) !== NO_WAIT);
  assertEquals(after(3), NO_WAIT);
});

test("WaitTable.forget() makes earlier occasions count for less", () => {
  const late = { lagMs: 0, ready: 1, later: [{ ms: 3.9, records: 1 }] };
  const table = tableOf(Array(20).fill(callers));
  const occasion = new Occasion();
  for (let nth = 0; nth < 40; nth++) {
    table.forget(3);
    occasion.begin(late.lagMs, late.ready);
    occasion.add(3.9, 1);
    table.add(occasion, FLUSH_MS, MOST_MS);
  }
  // No wait of 3.9 ms for one record saves more than it costs.
  assertEquals(table.choose(Infinity, MOST_MS), NO_WAIT);
});

test("WaitTable.forget() goes on for any number of flushes", () => {
  const table = tableOf([callers]);
  const occasion = new Occasion();
  for (let nth = 0; nth < 5000; nth++) {
    table.forget(1.5);
    occasion.begin(0, 1);
    occasion.add(0.5, 7);
    table.add(occasion, FLUSH_MS, MOST_MS);
  }
  assertEquals(table.choose(Infinity, MOST_MS).rung, 2);
});

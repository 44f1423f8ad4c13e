/**
 * Goal: the figures of docs/object-storage.md are those that `deno task
 * bench:s3-cost` makes, and what they count is what is paid for.
 *
 * For Deno alone, because Deno makes them; see deno_make_figures_test.ts.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { priceOf, STANDARD, sum, times } from "../../bench/s3_cost/bill.ts";
import {
  DEFAULTS,
  DOCUMENT,
  makeCost,
  PLOT,
} from "../../bench/s3_cost/main.ts";
import {
  MERGED_BYTES,
  requestsOfFrames,
  requestsOfReader,
  requestsToMerge,
} from "../../bench/s3_cost/requests.ts";
import {
  loads,
  type Month,
  policies,
  simulateAll,
  simulateMonth,
} from "../../bench/s3_cost/runs.ts";
import { money } from "../../bench/s3_cost/tables.ts";
import { MONTH_SECONDS } from "../../cli/lab/candidates.ts";
import { insertTables } from "../../docs/figures/tables.ts";
import { parsePolicy } from "../../policies/parse_policy.ts";
import { simulate } from "../../simulator/simulate.ts";
import {
  assert,
  assertEquals,
  assertFalse,
  assertGreater,
  assertLessOrEqual,
} from "../kit/assert.ts";
import { test } from "../kit/register.ts";
import { root } from "../runner/files.ts";

const { tables, plot } = makeCost(STANDARD, DEFAULTS);
const months = simulateAll(DEFAULTS);

function monthOf(policy: string, load: string): Month {
  return months.find((one) => one.policy === policy && one.load === load)!;
}

function assertNear(found: number, wanted: number, share: number): void {
  assertLessOrEqual(Math.abs(found / wanted - 1), share, `${found}`);
}

test(`${DOCUMENT} and its plot are what "bench:s3-cost --write" makes`, () => {
  const document = readFileSync(`${root}/${DOCUMENT}`, "utf8");
  const stale = 'run "deno task bench:s3-cost --write"';
  assert(insertTables(document, tables) === document, stale);
  assert(readFileSync(`${root}/${PLOT}`, "utf8") === plot, stale);
  assert(document.includes(`](${PLOT.slice("docs/".length)})`));
  assertFalse(/NaN|Infinity|undefined|\u26a0/.test(plot));
  for (const { policy } of policies) assert(plot.includes(`>${policy}</text>`));
});

test("bench:s3-cost takes every price from its inputs", () => {
  const requests = { puts: 1000, lists: 2000, gets: 5000 };
  const prices = { put: 7, get: 0.1, gb: 0, out: 0 };
  assertEquals(priceOf(requests, prices), 3 * 7 + 5 * 0.1);
  const free = makeCost({ put: 0, get: 0, gb: 0, out: 0 }, DEFAULTS).tables;
  const cells = free.get("cost")!.match(/\S+ (?=\()/g)!;
  assertEquals(cells.length, loads.length * policies.length);
  assertEquals(new Set(cells), new Set(["0 "]));
  const dear = makeCost({ ...STANDARD, gb: 1, out: 1 }, DEFAULTS).tables;
  assert(/7 days of 1.00MB\/s, kept +\| +563 GB \| +563 \|/.test(
    dear.get("other")!,
  ));
  assert(dear.get("other")!.includes("fetched by a reader"));
});

test("a reader that looks 4 times a second costs 52 dollars and a half", () => {
  const looks = requestsOfReader(4 * MONTH_SECONDS, 0);
  assertNear(priceOf(looks, STANDARD), 52.6, 0.001);
  assert(/every 250 ms +\|.*\| +53 \|/.test(tables.get("other")!));
});

test("a writer pays for its frames and for merging them, and nothing when idle", () => {
  const merged = requestsToMerge(100, 3 * MERGED_BYTES);
  assertEquals(merged, { puts: 3, lists: 0, gets: 100 });
  const all = sum(requestsOfFrames(100), merged);
  assertEquals(all, { puts: 103, lists: 0, gets: 100 });
  assertEquals(times(all, 2), { puts: 206, lists: 0, gets: 200 });
  assertEquals(priceOf(sum(), STANDARD), 0);
});

test("an age bounds the price, however many records arrive", () => {
  for (const ms of [100, 250, 1000]) {
    const most = 1000 / ms * MONTH_SECONDS;
    for (const { name } of loads) {
      // At the end of a run the last batch is closed early.
      const { frames } = monthOf(`age:${ms}`, name);
      assertLessOrEqual(frames, most * 1.01, `${ms} ${name}`);
    }
  }
  assertGreater(
    monthOf("leader", "100/s").frames,
    7 * monthOf("age:100", "100/s").frames,
  );
});

test("a share of the time costs that share: a gap sends nothing", () => {
  const load = loads.find(({ name }) => name === "100/s")!;
  const half = { ...load, share: 0.5 };
  const policy = policies.find(({ policy }) => policy === "age:100")!;
  const whole = simulateMonth(load, policy, DEFAULTS);
  assertEquals(simulateMonth(half, policy, DEFAULTS).frames, whole.frames / 2);

  const day = [0, 10, 500, 510];
  const night = [0, 10, 3.6e7, 3.6e7 + 10];
  const costs = { writeMs: () => 0, syncMs: () => 30 };
  const [busy, idle] = [day, night].map((instants) =>
    simulate(
      parsePolicy("age:100"),
      instants.map((at) => ({ at, bytes: 1 })),
      costs,
      { depth: 4 },
    ).flushes
  );
  assertEquals([busy, idle], [2, 2]);
});

test("adaptive:1000 keeps its p99, and age:100 adds about its wait", () => {
  for (const { name } of loads) {
    assertLessOrEqual(monthOf("adaptive:1000", name).p99Ms, 1000, name);
  }
  const { meanMs } = monthOf("age:100", "1/s");
  assertNear(meanMs, 30 + 100, 0.05);
});

test("money() shows as many digits as matter", () => {
  assertEquals(
    [0, 0.004, 0.016, 7.1234, 12.6, 1234.5].map(money),
    ["0", "< 0.01", "0.02", "7.12", "13", "1,235"],
  );
});

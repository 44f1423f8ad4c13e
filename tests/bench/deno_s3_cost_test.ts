/**
 * Goal: the figures of docs/object-storage.md are those that `deno task
 * bench:s3-cost` makes, and what they count is what is paid for.
 *
 * For Deno alone, because Deno makes them; see deno_make_figures_test.ts.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import {
  priceOf,
  type Requests,
  STANDARD,
  sum,
  times,
} from "../../bench/s3_cost/bill.ts";
import {
  DEFAULTS,
  DOCUMENT,
  makeCost,
  PLOT,
} from "../../bench/s3_cost/main.ts";
import {
  requestsOfFrames,
  requestsOfReader,
  requestsToCompact,
  requestsToOpen,
} from "../../bench/s3_cost/requests.ts";
import {
  loads,
  type Month,
  policies,
  simulateAll,
  simulateMonth,
} from "../../bench/s3_cost/runs.ts";
import { money, requestsOfWriter } from "../../bench/s3_cost/tables.ts";
import { MONTH_SECONDS } from "../../cli/lab/candidates.ts";
import { insertTables } from "../../docs/figures/tables.ts";
import { parsePolicy } from "../../policies/parse_policy.ts";
import { simulate } from "../../simulator/simulate.ts";
import { Compaction } from "../../storage/s3/log/compaction/compaction.ts";
import { openObjectLog } from "../../storage/s3/log/open_object_log.ts";
import { ObjectLog } from "../../storage/s3/mod.ts";
import { SlotLookup } from "../../storage/s3/log/slot_lookup.ts";
import {
  MemoryObjectStore,
  type ObjectCall,
} from "../../storage/s3/memory_object_store.ts";
import { Wal } from "../../wal.ts";
import {
  assert,
  assertEquals,
  assertFalse,
  assertGreater,
  assertLessOrEqual,
} from "../kit/assert.ts";
import { test } from "../kit/register.ts";
import { ScriptedObjectLog } from "../kit/scripted_object_log.ts";
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

test(`${DOCUMENT} says the same in words`, () => {
  const document = readFileSync(`${root}/${DOCUMENT}`, "utf8")
    .replaceAll(/\s+/g, " ");
  for (const policy of ["leader", "age:100", "age:1000"]) {
    const requests = requestsOfWriter(monthOf(policy, "100/s"));
    const said = `${money(priceOf(requests, STANDARD))} dollars`;
    assert(document.includes(said), `${policy}: ${said}`);
  }
  for (const ms of [10, 250]) {
    const looks = requestsOfReader(MONTH_SECONDS * 1000 / ms, 0);
    const said = `${money(priceOf(looks, STANDARD))} dollars`;
    assert(document.includes(said), `${ms} ms: ${said}`);
  }
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

/** A store, and how often each operation was called since `take`. */
function countedStore() {
  let counts = { create: 0, list: 0, get: 0, head: 0, remove: 0 };
  const onCall = ({ operation }: ObjectCall) => void counts[operation]++;
  const take = (): Requests => {
    const { create: puts, list: lists, get, head } = counts;
    counts = { create: 0, list: 0, get: 0, head: 0, remove: 0 };
    return { puts, lists, gets: get + head };
  };
  return { store: new MemoryObjectStore({ onCall }), take };
}

for (const window of [1, 4, 16]) {
  test(`requestsToOpen() counts what an opening sends, window ${window}`, async () => {
    const { store, take } = countedStore();
    const time = () => 0;
    const random = Math.random;
    await openObjectLog({ store, window, time, random });
    take();
    await openObjectLog({ store, window, time, random });
    assertEquals(take(), requestsToOpen(window));
  });
}

for (const [bytes, frames] of [[300, 9000], [20_000, 3000], [200_000, 500]]) {
  test(`requestsToCompact() prices what compaction sends, ${bytes} bytes`, async () => {
    const { store, take } = countedStore();
    const log = await new ScriptedObjectLog(store, { window: 4 }).create();
    const compaction = new Compaction(log, new SlotLookup(log), {
      token: "one",
      warn: (message) => {
        throw new Error(message);
      },
    });
    take();
    for (let nth = 0; nth < frames; nth++) {
      await log.frameOf([new Uint8Array(bytes)]);
      compaction.note(bytes);
      await compaction.idle();
    }
    const sent = sum(take(), times(requestsOfFrames(frames), -1));
    const counted = requestsToCompact(frames, frames * bytes);
    assertNear(priceOf(counted, STANDARD), priceOf(sent, STANDARD), 0.25);
  });
}

test("a log sends a request for each flush, and none when idle or closed", async () => {
  const { store, take } = countedStore();
  const wal = await Wal.open(new ObjectLog(store));
  take();
  await Promise.all(Array.from({ length: 100 }, () => wal.append("one")));
  assertEquals(take(), requestsOfFrames(1));
  await wal.close();
  assertEquals(take(), sum());
});

test("a reader lists once for each look, and gets each new frame twice", async () => {
  const { store, take } = countedStore();
  const log = new ObjectLog(store);
  const wal = await Wal.open(log);
  const observer = await log.observeLog();
  const follow = async (frames: number) => {
    for (let nth = 0; nth < frames; nth++) await wal.append("one");
    take();
    const from = observer.lastLsn + 1;
    await observer.look();
    assertEquals(observer.lastLsn, from - 1 + frames);
    if (frames === 0) return take();
    const source = observer.read(from, observer.lastLsn);
    while (!(await source.next()).done);
    return take();
  };
  // The first read also lists what is compacted.
  const { lists, gets } = await follow(1);
  assertEquals([lists, gets], [2, 2]);
  for (const frames of [0, 1, 3, 0]) {
    const asked = await follow(frames);
    assertEquals(asked, requestsOfReader(1, frames), `${frames} frames`);
  }
  await observer.close();
  await wal.close();
});

test("an idle log pays for nothing", () => {
  assertEquals(priceOf(sum(), STANDARD), 0);
  assert(/open and idle +\| +no requests \| +0 \|/.test(tables.get("other")!));
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

/**
 * Goal: policies that learn make sense of flushes that overlap.
 *
 * Method: loads on a virtual clock, against a log that makes up to four commits
 * at a time, each of 25 to 35 ms; latencies are held against leader commit's.
 *
 * @module
 */
import {
  AdaptivePolicy,
  type AdaptivePolicyOptions,
} from "../../policies/adaptive_policy.ts";
import type { BatchPolicy } from "../../policies/batch_policy.ts";
import { LeaderCommitPolicy } from "../../policies/leader_commit_policy.ts";
import { exponential, uniform } from "../../random.ts";
import { Wal } from "../../wal.ts";
import { assertLess, assertLessOrEqual } from "../kit/assert.ts";
import { EventClock } from "../kit/event_clock.ts";
import { PipelinedFrameLog } from "../kit/pipelined_frame_log.ts";
import { test } from "../kit/register.ts";

const DEPTH = 4;
const RECORDS = 4000;
/** While a policy learns, latencies do not count. */
const WARM_UP = 1000;

/** Appends records on a clock, until the test has enough. */
type Load = (
  clock: EventClock,
  append: () => Promise<void>,
  random: () => number,
) => void;

const independent = (perMs: number): Load => (clock, append, random) => {
  const next = () =>
    clock.after(exponential(random(), 1 / perMs), () => {
      append();
      next();
    });
  next();
};

const callers = (count: number, thinkMs: number): Load => {
  return (clock, append, random) => {
    const caller = async () => {
      for (;;) {
        await append();
        const ms = 2 * thinkMs * random();
        if (ms > 0) await new Promise<void>((on) => clock.after(ms, on));
      }
    };
    for (let nth = 0; nth < count; nth++) {
      clock.after(nth / 100, () => void caller());
    }
  };
};

const loads: Readonly<Record<string, Load>> = {
  "0.1 records a ms": independent(0.1),
  "1 record a ms": independent(1),
  "20 records a ms": independent(20),
  "16 callers": callers(16, 0),
  "64 callers that think": callers(64, 5),
};

/** What a policy makes of a load. */
async function run(policy: BatchPolicy, load: Load) {
  const clock = new EventClock();
  let drawn = 0;
  const random = () => uniform(7, 0, drawn++);
  const log = new PipelinedFrameLog(DEPTH);
  const { commit } = log.pipeline;
  let freeAt = 0;
  log.pipeline.commit = (frame) => {
    const done = commit(frame);
    const { resolve } = log.commits.at(-1)!;
    // They end in the order in which they began.
    freeAt = Math.max(freeAt, clock.now() + 25 + 10 * random());
    clock.after(freeAt - clock.now(), resolve);
    return done;
  };
  const wal = await Wal.open(log, { clock, policy });
  const latencies: number[] = [];
  load(clock, async () => {
    const from = clock.now();
    await wal.append("a record");
    latencies.push(clock.now() - from);
  }, random);
  while (latencies.length < RECORDS) {
    for (let tick = 0; tick < 12; tick++) await null;
    if (clock.isTurning) clock.endTurn();
    else clock.fire();
  }
  const sorted = latencies.slice(WARM_UP).sort((one, other) => one - other);
  return {
    meanMs: sorted.reduce((sum, ms) => sum + ms, 0) / sorted.length,
    p99Ms: sorted[Math.floor(0.99 * sorted.length)],
    records: latencies.length / log.commits.length,
  };
}

const adaptive = (goal: AdaptivePolicyOptions["goal"]) =>
  new AdaptivePolicy({ goal });

test("AdaptivePolicy is at most a tenth slower than leader commit where commits overlap", async () => {
  for (const [name, load] of Object.entries(loads)) {
    const leader = await run(new LeaderCommitPolicy(), load);
    const learned = await run(adaptive("latency"), load);
    assertLessOrEqual(learned.meanMs, 1.1 * leader.meanMs, name);
  }
});

test("AdaptivePolicy keeps its bound for p99 where commits overlap, by fewer flushes", async () => {
  for (const [name, load] of Object.entries(loads)) {
    const leader = await run(new LeaderCommitPolicy(), load);
    const learned = await run(adaptive({ p99Ms: 150 }), load);
    assertLessOrEqual(learned.p99Ms, 150, name);
    assertLess(2 * leader.records, learned.records, name);
  }
});

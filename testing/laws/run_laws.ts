import { SeededRandom } from "../../random.ts";
import { arrivalsOf, describeArrivals, SHAPES } from "./arrivals.ts";
import {
  type Ending,
  type PolicyRun,
  type PolicyTrace,
  runPolicy,
} from "./policy_run.ts";
import type { PolicyLaw, PolicyTrial } from "./probes.ts";
import {
  allIsDrained,
  batchesStayWhole,
  limitsAreKept,
  noAckIsEarly,
  orderIsKept,
  type TraceRule,
  waitsAtMost,
} from "./trace_rules.ts";

/** Few arrivals first, so that a failure shows few of them. */
const COUNTS = [1, 2, 3, 7, 14, 28];
const SYNC_MS = [0, 3];
const A_WHILE: Ending = { wait: 1000 };

/** Laws about what a log does under a policy. */
export const runLaws: PolicyLaw[] = [
  {
    name: "fresh policies make the same flushes of the same arrivals",
    check: checkFlushes,
  },
  {
    name: "no batch exceeds the limits, except a single entry",
    check: (trial) => hold(trial, limitsAreKept, A_WHILE),
  },
  {
    name: "flush() drains the log, without time passing",
    check: (trial) => hold(trial, allIsDrained, "flush", [0]),
  },
  {
    name: "close() drains the log",
    check: (trial) => hold(trial, allIsDrained, "close"),
  },
  {
    name: "records keep their order",
    check: (trial) => hold(trial, orderIsKept, A_WHILE),
  },
  {
    name: "no record is acknowledged before it is durable",
    check: (trial) => hold(trial, noAckIsEarly, A_WHILE),
  },
  {
    name: "appendBatch() stays in one frame",
    check: (trial) => hold(trial, batchesStayWhole, A_WHILE),
  },
];

/** The law about how long a policy makes a record wait. */
export function waitLaw(maxWaitMs: number): PolicyLaw {
  const ending = { wait: maxWaitMs + 1 };
  return {
    name: `every record is acknowledged within ${maxWaitMs} ms`,
    check: (trial) => hold(trial, waitsAtMost(maxWaitMs), ending, [0]),
  };
}

async function checkFlushes(trial: PolicyTrial): Promise<void> {
  for (const situation of situations(trial.seed, SYNC_MS)) {
    const runs = { ...situation, ending: A_WHILE };
    const first = show(await attempt(trial, { ...runs, policy: trial.make() }));
    const other = show(await attempt(trial, { ...runs, policy: trial.make() }));
    if (first !== other) {
      trial.fail(`${first}; then ${other}`, describe(situation));
    }
  }
}

async function hold(
  trial: PolicyTrial,
  rule: TraceRule,
  ending: Ending,
  syncMs: readonly number[] = SYNC_MS,
): Promise<void> {
  for (const situation of situations(trial.seed, syncMs)) {
    const run = { ...situation, ending, policy: trial.make() };
    const found = rule(await attempt(trial, run));
    if (found !== undefined) trial.fail(found, describe(situation));
  }
}

type Situation = Pick<PolicyRun, "arrivals" | "syncMs">;

/** Situations that depend only on the seed. */
function* situations(
  seed: number,
  costs: readonly number[],
): Generator<Situation> {
  const random = new SeededRandom(seed);
  for (const count of COUNTS) {
    for (const shape of SHAPES) {
      const arrivals = arrivalsOf(shape, count, random);
      for (const syncMs of costs) yield { arrivals, syncMs };
    }
  }
}

/** A run that throws or hangs breaks the law on trial. */
async function attempt(
  trial: PolicyTrial,
  run: PolicyRun,
): Promise<PolicyTrace> {
  try {
    return await runPolicy(run);
  } catch (error) {
    trial.fail(`${error}`, describe(run));
  }
}

function describe({ arrivals, syncMs }: Situation): string {
  return `${describeArrivals(arrivals)}\nA sync takes: ${syncMs} ms`;
}

function show({ frames }: PolicyTrace): string {
  const words = frames.map(({ firstLsn, lastLsn, at }) =>
    `${firstLsn} to ${lastLsn} at ${at}`
  );
  return `flushes of ${words.join(", ") || "nothing"}`;
}

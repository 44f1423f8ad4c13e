import { AgePolicy } from "../../../policies/age_policy.ts";
import type {
  BatchLimits,
  BatchPolicy,
  FlushReport,
} from "../../../policies/batch_policy.ts";
import { CountPolicy } from "../../../policies/count_policy.ts";

const VALID = "limits are absent or integers of at least 1";
const CONSTANT = "whenIdle never changes, and limits only in observe()";
const NUMBER = "due() returns a number for any batch";
const SAME = "due() returns the same when it is asked again";
const APART = "separate policies answer alike, and share nothing";
const STAYS = "a batch that is due stays due";
const KEPT = "a batch is due at the instant that due() named";
const OBSERVE = "observe() accepts any report, synchronously";
const FLUSHES = "fresh policies make the same flushes of the same arrivals";
const BEYOND = "no batch exceeds the limits, except a single entry";
const WAIT = "every record is acknowledged within 5 ms";

/** `[what a policy does, the law that finds it, how to make one]` */
export type BadPolicy = [string, string, () => BatchPolicy];

const oldest: BatchPolicy["due"] = ({ oldestAt }) => oldestAt;

/** What is not a number, as if it were one. */
const odd = (value: unknown) => value as number;

const limited = (limits: unknown) => (): BatchPolicy => ({
  limits: limits as BatchLimits,
  due: oldest,
});

const answering = (due: BatchPolicy["due"]) => (): BatchPolicy => ({ due });

const badLimits: BadPolicy[] = [
  ["it has a limit of 0", VALID, limited({ records: 0 })],
  ["it has a limit of NaN", VALID, limited({ bytes: NaN })],
  ["it has a limit of a half", VALID, limited({ bytes: 0.5 })],
  ["it has a limit without end", VALID, limited({ records: Infinity })],
  ["it has a limit in words", VALID, limited({ records: "3" })],
  ["its limits are a number", VALID, limited(100)],
  ["its limits are read from text", BEYOND, () => ({
    limits: { records: odd("three") },
    due: () => Infinity,
  })],
  ["its limits fall each time they are read", CONSTANT, () => {
    let records = 100;
    return {
      get limits() {
        return { records: records-- };
      },
      due: oldest,
    };
  }],
  ["its limits change in place", CONSTANT, () => {
    const limits = { records: 8 };
    return {
      limits,
      due: oldest,
      observe: (flush) => void (limits.records = flush.records * 2),
    };
  }],
  ["its whenIdle is a word of its own", CONSTANT, () => ({
    whenIdle: "soon" as "wait",
    due: oldest,
  })],
  ["its whenIdle turns as it is asked", CONSTANT, () => {
    const policy: { -readonly [Key in keyof BatchPolicy]: BatchPolicy[Key] } = {
      whenIdle: "wait",
      due({ oldestAt }) {
        policy.whenIdle = "flush";
        return oldestAt;
      },
    };
    return policy;
  }],
];

const badAnswers: BadPolicy[] = [
  ["it answers with text", NUMBER, answering(() => odd("5"))],
  ["it answers with NaN", NUMBER, answering(() => NaN)],
  ["it answers with nothing", NUMBER, answering(() => odd(undefined))],
  [
    "it answers with a promise",
    NUMBER,
    answering(() => odd(Promise.resolve(5))),
  ],
  [
    "it answers with a promise that rejects",
    NUMBER,
    answering(() => odd(Promise.reject(new Error("nobody hears this")))),
  ],
  [
    "it throws",
    NUMBER,
    answering(() => {
      throw new Error("broken");
    }),
  ],
  [
    "it throws at a large batch",
    NUMBER,
    answering(({ bytes, oldestAt }) => {
      if (bytes > 2 ** 26) throw new RangeError("too large");
      return oldestAt;
    }),
  ],
  [
    "it has no answer when the clock goes back",
    NUMBER,
    answering(
      ({ oldestAt }, now) => oldestAt + Math.sqrt(now - oldestAt) * 0,
    ),
  ],
  [
    "it writes to the batch",
    NUMBER,
    answering((batch) => {
      (batch as { oldestAt: number }).oldestAt = 0;
      return 0;
    }),
  ],
  [
    "it rolls dice",
    SAME,
    answering(({ oldestAt }) => oldestAt + Math.random()),
  ],
  ["it reads the clock", SAME, answering(() => performance.now() + 5)],
  [
    "it reads the date",
    SAME,
    answering(({ oldestAt }) => oldestAt + Date.now() % 1000),
  ],
  ["it counts its calls", SAME, () => {
    let calls = 0;
    return { due: ({ oldestAt }) => oldestAt + ++calls % 2 };
  }],
  ["it remembers the batch before", SAME, () => {
    let before = 0;
    return {
      due({ records, oldestAt }) {
        const grew = records > before;
        before = records;
        return grew ? oldestAt + 2 : oldestAt;
      },
    };
  }],
  ["it rolls dice when it is made", APART, () => {
    const ms = Math.random() * 10;
    return { due: ({ oldestAt }) => oldestAt + ms };
  }],
  ["it counts from when it was made", APART, () => {
    const madeAt = performance.now();
    return { due: ({ oldestAt }) => Math.max(oldestAt, madeAt * 1000) };
  }],
  ["all of its kind share what they observe", APART, () => ({
    due: ({ oldestAt }) => oldestAt + shared.records,
    observe: (flush) => void (shared.records = flush.records),
  })],
  ["it is the same object each time, and learns", APART, () => single],
  [
    "it is due for 5 ms only",
    STAYS,
    answering(({ newestAt }, now) => now < newestAt + 5 ? now : Infinity),
  ],
  [
    "it is due at even instants",
    STAYS,
    answering((_, now) => Math.floor(now) % 2 === 0 ? now : now + 1),
  ],
  [
    "it always asks for a little more",
    KEPT,
    answering((_, now) => now + 0.001),
  ],
  ["it always asks for as long again", KEPT, answering((_, now) => now + 5)],
  [
    "it gets nearer by halves",
    KEPT,
    answering(({ oldestAt }, now) =>
      now < oldestAt + 10 ? (now + oldestAt + 10) / 2 + 1e-9 : oldestAt
    ),
  ],
  [
    "it names an instant, and then none",
    KEPT,
    answering(
      ({ oldestAt }, now) => now < oldestAt + 10 ? oldestAt + 10 : Infinity,
    ),
  ],
];

const badObservers: BadPolicy[] = [
  ["observe() throws at a fault", OBSERVE, () => ({
    due: oldest,
    observe({ reason }) {
      if (reason === "fault") throw new Error("a fault");
    },
  })],
  ["observe() rejects some time later", OBSERVE, () => ({
    due: oldest,
    async observe() {
      await Promise.resolve();
      throw new Error("nobody hears this");
    },
  })],
  ["observe() divides by the time that a flush took", OBSERVE, () => {
    let rate = 1;
    return {
      due: ({ oldestAt }) => oldestAt + 2 / rate * 0,
      observe({ records, startedAt, endedAt }: FlushReport) {
        rate *= (endedAt - startedAt) / records;
      },
    };
  }],
];

const badFlushes: BadPolicy[] = [
  ["every other of its kind waits", FLUSHES, () => ({
    whenIdle: shared.made++ % 2 === 0 ? "flush" : "wait",
    due: ({ oldestAt }) => oldestAt + 20,
  })],
  ["all of its kind grow slower with each flush", FLUSHES, () => ({
    due: ({ oldestAt }) => oldestAt + shared.flushes * 0.01,
    observe: () => void shared.flushes++,
  })],
  [
    "it waits for a count",
    WAIT,
    () => new CountPolicy({ records: 4, whenIdle: "wait" }),
  ],
  ["it waits for twice as long", WAIT, () => new AgePolicy({ ms: 10 })],
  [
    "it begins to wait again with each record",
    WAIT,
    answering(
      ({ newestAt }) => newestAt + 4,
    ),
  ],
  ["it never flushes", WAIT, answering(() => Infinity)],
];

/** All of them. */
export const badPolicies: BadPolicy[] = [
  ...badLimits,
  ...badAnswers,
  ...badObservers,
  ...badFlushes,
];

const shared = { records: 0, made: 0, flushes: 0 };

const single = {
  ms: 0,
  due: ({ oldestAt }: { oldestAt: number }) => oldestAt + single.ms,
  observe: (flush: FlushReport) => void (single.ms = flush.records),
};

import type { PolicyTrace } from "../../../testing/laws/policy_run.ts";
import {
  allIsDrained,
  batchesStayWhole,
  limitsAreKept,
  noAckIsEarly,
  orderIsKept,
  type TraceRule,
  waitsAtMost,
} from "../../../testing/laws/trace_rules.ts";
import { assertEquals } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

const first = { records: 2, at: 0, first: 1, last: 2, ackedAt: 4 };
const second = { records: 1, at: 1, first: 3, last: 3, ackedAt: 4 };
const entries = [
  { ...first, durableLsn: 3 },
  { ...second, durableLsn: 3 },
];
const frame = { firstLsn: 1, lastLsn: 3, bytes: 30, at: 4 };

/** What a writer does. */
const whole: PolicyTrace = {
  entries,
  acked: entries,
  frames: [frame],
  left: 0,
  limits: [],
};

/** `[what no writer does, the rule, the trace, what the rule says]` */
const table: [string, TraceRule, PolicyTrace, string][] = [
  [
    "an LSN is left out",
    orderIsKept,
    { ...whole, entries: [entries[0], { ...entries[1], first: 4, last: 4 }] },
    "LSNs 4 to 4, not 3 to 3",
  ],
  [
    "a batch has gaps",
    orderIsKept,
    { ...whole, entries: [{ ...entries[0], last: 3 }] },
    "LSNs 1 to 3, not 1 to 2",
  ],
  [
    "acknowledgements come out of order",
    orderIsKept,
    { ...whole, acked: [entries[1], entries[0]] },
    "1 acknowledged after 3",
  ],
  [
    "an acknowledgement is early",
    noAckIsEarly,
    { ...whole, acked: [{ ...entries[0], durableLsn: 1 }] },
    "2 acknowledged when 1 was durable",
  ],
  [
    "a batch is torn",
    batchesStayWhole,
    {
      ...whole,
      frames: [{ ...frame, lastLsn: 1 }, { ...frame, firstLsn: 2 }],
    },
    "1 to 2 are not in one frame",
  ],
  [
    "an append is forgotten",
    allIsDrained,
    { ...whole, left: 1 },
    "1 of 2 appends still wait",
  ],
  [
    "a batch has too many records",
    limitsAreKept,
    { ...whole, limits: [{ records: 1 }, { records: 2 }] },
    "1 to 3, of 30 bytes, in one frame under limits of 2 records and " +
    "Infinity bytes",
  ],
  [
    "a batch has too many bytes",
    limitsAreKept,
    { ...whole, limits: [{ bytes: 29 }] },
    "1 to 3, of 30 bytes, in one frame under limits of Infinity records and " +
    "29 bytes",
  ],
  [
    "an append waits too long",
    waitsAtMost(3.5),
    whole,
    "append 1, at 0 ms, was acknowledged at 4 ms",
  ],
  [
    "an append waits forever",
    waitsAtMost(1e9),
    { ...whole, entries: [{ records: 1, at: 7 }] },
    "append 1, at 7 ms, was not acknowledged",
  ],
];

for (const [what, rule, trace, words] of table) {
  test(`a trace rule finds that ${what}`, () => {
    assertEquals(rule(trace), words);
  });
}

test("a trace rule finds nothing in what a writer does", () => {
  const rules = [
    orderIsKept,
    noAckIsEarly,
    batchesStayWhole,
    allIsDrained,
    limitsAreKept,
    waitsAtMost(4),
  ];
  const none = rules.map(() => undefined);
  for (const limits of [undefined, {}, { records: 3, bytes: 30 }]) {
    const trace = { ...whole, limits: [limits] };
    assertEquals(rules.map((rule) => rule(trace)), none);
  }
});

test("a trace rule allows an entry alone to be beyond the limits", () => {
  const alone = { ...frame, lastLsn: 2 };
  const frames = [alone, { ...frame, firstLsn: 3 }];
  const limits = [{ records: 1, bytes: 1 }];
  assertEquals(limitsAreKept({ ...whole, frames, limits }), undefined);
});

import fc from "fast-check";
import { readFile } from "node:fs/promises";
import type { FlushReason } from "../../policies/batch_policy.ts";
import { loadTrace } from "../../simulator/load_trace.ts";
import { formatEvent } from "../../trace/event_line.ts";
import { readTrace, TraceFormatError } from "../../trace/read_trace.ts";
import type { TraceEvent, TraceHeader } from "../../trace/trace_event.ts";
import { assertEquals, assertRejects } from "../kit/assert.ts";
import { test } from "../kit/register.ts";

const HEADER: TraceHeader = {
  kind: "header",
  startedAt: 0.5,
  options: {
    ...{ synchronous: "full", syncIntervalMs: null },
    ...{ maxQueuedBytes: 1024, maxQueuedRecords: 10 },
  },
};

const HEAD = formatEvent(HEADER);

/** A flush of three records; `change` replaces fields. */
function flushLine(change: Record<string, unknown> = {}): string {
  const flush = {
    ...{ reason: "due", records: 3, bytes: 30, firstLsn: 1, lastLsn: 3 },
    ...{ oldestAt: 1, startedAt: 2, writtenAt: 3, endedAt: 4 },
    ...change,
  };
  return `${JSON.stringify({ flush })}\n`;
}

const step = fc.double({ min: 0, max: 100, noNaN: true });
const count = fc.integer({ min: 1, max: 1000 });
const reason: fc.Arbitrary<FlushReason> = fc.constantFrom(
  ...["due", "limit", "idle", "demand", "pressure", "fault"] as const,
);

/** Traces as they may be, with instants that never go back. */
const traces: fc.Arbitrary<TraceEvent[]> = fc.array(
  fc.oneof(
    fc.record({
      step,
      appends: fc.array(
        fc.record(
          { bytes: fc.nat(), records: count, after: count },
          { requiredKeys: ["bytes", "records"] },
        ),
        { minLength: 1 },
      ),
      tookMs: fc.option(fc.integer({ min: 0, max: 9 })),
    }),
    fc.record({ step, reason, records: count, bytes: fc.nat() }),
    fc.record({ lost: count }),
  ),
).map((steps) => {
  const events: TraceEvent[] = [HEADER];
  let [now, lsn] = [0, 1];
  for (const some of steps) {
    if ("lost" in some) {
      events.push({ kind: "gap", appends: some.lost, flushes: 1 });
      lsn += some.lost;
    } else if ("appends" in some) {
      now += some.step;
      const { appends, tookMs } = some;
      const took = tookMs === null ? {} : { tookMs };
      events.push({ kind: "turn", at: now, appends, ...took });
    } else {
      const { step, ...flush } = some;
      const instants = {
        startedAt: now,
        writtenAt: now,
        endedAt: now + step,
      };
      const lastLsn = lsn + flush.records - 1;
      const lsns = { firstLsn: lsn, lastLsn, oldestAt: now };
      events.push({ kind: "flush", flush: { ...flush, ...lsns, ...instants } });
      now += step;
      lsn = lastLsn + 1;
    }
  }
  return events;
});

async function readAll(
  chunks: Iterable<Uint8Array | string>,
): Promise<TraceEvent[]> {
  const events: TraceEvent[] = [];
  for await (const event of readTrace(chunks)) {
    // The records of fast-check have no prototype.
    events.push(JSON.parse(JSON.stringify(event)));
  }
  return events;
}

test("readTrace() gives back what was written, however it is cut", () =>
  fc.assert(fc.asyncProperty(
    traces,
    fc.integer({ min: 1, max: 50 }),
    fc.boolean(),
    async (events, size, asText) => {
      const text = events.map(formatEvent).join("") + '{"end":"clo';
      const bytes = new TextEncoder().encode(text);
      const chunks: (Uint8Array | string)[] = [];
      for (let at = 0; at < text.length; at += size) {
        const part = asText ? text : bytes;
        chunks.push(part.slice(at, at + size));
      }
      const expected = JSON.parse(JSON.stringify(events));
      assertEquals(await readAll(chunks), expected);
    },
  )));

/** Lines after a header, and what is said about the one that is wrong. */
const WRONG: [lines: string, line: number, rule: string][] = [
  ["\n", 2, "a JSON object: found nothing"],
  ["{\n", 2, "a JSON object: found {"],
  ["[1]\n", 2, 'one with "at", "flush", "gap" or "end"'],
  ['{"some":1}\n', 2, 'one with "at", "flush", "gap" or "end"'],
  ['{"at":1,"bytes":[]}\n', 2, 'one with "bytes", an array'],
  ['{"at":1,"bytes":[1,-1]}\n', 2, "one with bytes, an integer of at least 0"],
  ['{"at":1,"bytes":[1],"after":[1,2]}\n', 2, 'one with "after", an array as'],
  ['{"at":1,"bytes":[1],"after":7}\n', 2, 'one with "after", an array as'],
  ['{"at":1,"bytes":[1],"after":[0.5]}\n', 2, "one with after, an integer of"],
  ['{"at":1,"bytes":[1],"tookMs":-1}\n', 2, "one with tookMs, a finite number"],
  ['{"at":1,"bytes":[[1,0]]}\n', 2, "one with records of an append, an"],
  ['{"at":"1","bytes":[1]}\n', 2, "one with at, a finite number"],
  ['{"at":-1,"bytes":[1]}\n', 2, "one with at, a finite number of at least 0"],
  ['{"at":5,"bytes":[1]}\n{"at":4,"bytes":[1]}\n', 3, "a turn at 5 or later"],
  [flushLine({ reason: "why" }), 2, "one with a flush reason"],
  [flushLine({ records: 0 }), 2, "one with records, an integer of at least 1"],
  [flushLine({ lastLsn: 4 }), 2, "one with lastLsn 3"],
  [
    flushLine({ writtenAt: 1 }),
    2,
    "one with writtenAt, a finite number of at least 2",
  ],
  [flushLine({ endedAt: null }), 2, "one with endedAt, a finite number of"],
  [flushLine() + flushLine(), 3, "a flush that begins at LSN 4"],
  [
    flushLine() + flushLine({ firstLsn: 4, lastLsn: 6, endedAt: 3.5 }),
    3,
    "a flush that ended at 4 or later",
  ],
  ['{"gap":{"appends":-1,"flushes":0}}\n', 2, "one with gap.appends, an"],
  ['{"end":"well"}\n', 2, 'one with "at"'],
  ['{"end":"closed"}\n{"at":1,"bytes":[1]}\n', 3, "absent, after the end"],
];

test("readTrace() refuses a line that breaks the format, by its number", async () => {
  for (const [lines, line, rule] of WRONG) {
    const error = await assertRejects(
      () => readAll([HEAD, lines]),
      TraceFormatError,
      `line ${line} must be ${rule}`,
    );
    assertEquals((error as TraceFormatError).line, line);
  }
});

test("readTrace() refuses what has no header, or one it does not know", async () => {
  const bad: [text: string, rule: string][] = [
    ["", "a header: found nothing"],
    [HEAD.slice(0, -1), 'a header: found {"syncline"'],
    ["no trace\n", "a JSON object: found no trace"],
    ['{"at":1,"bytes":[1]}\n', 'a header, {"syncline":"trace",…}'],
    [HEAD.replace('"version":1', '"version":2'), "a header of version 1"],
    [HEAD.replace('"full"', '"half"'), "one with synchronous"],
    [HEAD.replace("1024", "0"), "one with maxQueuedBytes"],
    [HEAD.replace('"version"', '"policy":1,"version"'), "one with policy, a"],
    [
      HEAD.replace('"version"', '"linked":1,"version"'),
      "one with linked, true",
    ],
  ];
  for (const [text, rule] of bad) {
    const read = () => readAll([text]);
    await assertRejects(read, TraceFormatError, `line 1 must be ${rule}`);
  }
});

test("readTrace() shortens what it found wrong", async () => {
  const read = () => readAll([HEAD, `${"x".repeat(1e6)}\n`]);
  const { message } = await assertRejects(read, TraceFormatError) as Error;
  assertEquals(message.length < 200, true);
});

test("loadTrace() gathers appends and flushes, and sums up gaps", async () => {
  const trace = await loadTrace([
    HEAD,
    '{"at":1,"bytes":[10,[20,3]]}\n',
    flushLine(),
    '{"gap":{"appends":5,"flushes":1}}\n{"gap":{"appends":1,"flushes":0}}\n',
    flushLine({ firstLsn: 50, lastLsn: 52 }),
  ]);
  assertEquals([...trace.arrivals], [
    { at: 1, bytes: 10, records: 1 },
    { at: 1, bytes: 20, records: 3 },
  ]);
  assertEquals(trace.flushes.map(({ firstLsn }) => firstLsn), [1, 50]);
  assertEquals(trace.missing, { appends: 6, flushes: 1 });
  assertEquals(trace.end, undefined);
  assertEquals(trace.options, HEADER.options);
});

/** A trace of appends at these instants, each acknowledged 2 ms later. */
function acknowledged(
  appends: readonly (readonly [at: number, after: number])[],
  linked = true,
): string {
  const lines = appends.flatMap(([at, after], nth) => {
    const lsns = { firstLsn: nth + 1, lastLsn: nth + 1, records: 1 };
    const times = { oldestAt: at, startedAt: at, writtenAt: at };
    return [
      `{"at":${at},"bytes":[10],"after":[${after}]}\n`,
      flushLine({ ...lsns, ...times, endedAt: at + 2 }),
    ];
  });
  return formatEvent({ ...HEADER, linked }) + lines.join("");
}

test("loadTrace() links appends to acks, if the trace has links", async () => {
  const appends = [[0, 0], [5, 1], [9, 1], [13, 0]] as const;
  const { arrivals: { links } } = await loadTrace([acknowledged(appends)]);
  assertEquals([...links!.after as Uint32Array], [0, 1, 1, 0]);
  assertEquals([...links!.ackedAt as Float64Array], [2, 7, 11, 15]);
  const old = await loadTrace([acknowledged(appends, false)]);
  assertEquals(old.arrivals.links, undefined);
  const gap = '{"gap":{"appends":1,"flushes":0}}\n';
  const torn = await loadTrace([acknowledged(appends), gap]);
  assertEquals(torn.arrivals.links, undefined);
});

test("loadTrace() drops the links of a caller that did not wait", async () => {
  const hasty = [[0, 0], [5, 1], [6, 1], [20, 1], [25, 1]] as const;
  const { arrivals: { links } } = await loadTrace([acknowledged(hasty)]);
  assertEquals([...links!.after as Uint32Array], [0, 0, 0, 0, 0]);
  const lost = [[0, 0], [5, 9]] as const;
  const { arrivals } = await loadTrace([acknowledged(lost)]);
  assertEquals([...arrivals.links!.after as Uint32Array], [0, 0]);
});

test("docs/trace.md shows a trace that can be read", async () => {
  const url = new URL("../../docs/trace.md", import.meta.url);
  const text = await readFile(url, "utf8");
  const example = /```json\n(.*?)```/s.exec(text)![1];
  const { arrivals, flushes, end } = await loadTrace([example]);
  assertEquals([...arrivals].map(({ records }) => records), [1, 2]);
  assertEquals([flushes.length, end], [1, "closed"]);
  const [{ bytes }] = flushes;
  assertEquals(bytes, 5 + 12 + 3 * 4);
});

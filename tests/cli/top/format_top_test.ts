import { readFileSync } from "node:fs";
import {
  formatLine,
  formatScreen,
  LINE_HEADER,
  topToJson,
} from "../../../cli/top/format_top.ts";
import { activityBetween, type Snapshot } from "../../../cli/top/snapshot.ts";
import { paint } from "../../../cli/top/top.ts";
import type { LiveStatus } from "../../../monitor/live_status.ts";
import { Histogram } from "../../../writer/histogram.ts";
import { assertEquals } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

/** What has been counted after so many flushes of ten records. */
function counted(flushes: number): Pick<LiveStatus, "flushes" | "latency"> {
  const [records, bytes] = [new Histogram(), new Histogram()];
  const times = Array.from({ length: 4 }, () => new Histogram(1000));
  for (let flush = 1; flush <= flushes; flush++) {
    records.add(10);
    bytes.add(1040);
    for (const [index, one] of times.entries()) {
      one.add((index + 1) * flush / 64);
    }
  }
  const [queueMs, writeMs, syncMs, ackMs] = times;
  const reasons = {
    ...{ due: flushes, limit: 0, idle: 0, demand: 0, pressure: 0, fault: 0 },
  };
  return {
    flushes: { count: flushes, reasons, records, bytes },
    latency: { queueMs, writeMs, syncMs, ackMs },
  };
}

function statusAt(uptimeMs: number, flushes: number): LiveStatus {
  return {
    ...{ sequence: 1, at: 0, epoch: 3, pid: 42, uptimeMs, busyMs: 0 },
    lsn: { first: 1, last: 12_345, written: 12_340, durable: 12_330 },
    queue: {
      ...{ records: 5, bytes: 520, waitingRecords: 0, waitingBytes: 0 },
      ...{ waiters: 5, oldestMs: 0.25 },
    },
    atRisk: { records: 15, bytes: 1560, ms: 3 },
    ...counted(flushes),
    storage: { segments: 3, bytes: 183_000_000 },
    thread: {
      ...{ status: "none", ends: 0, handedRecords: 0, handedBytes: 0 },
      wakeMs: new Histogram(1000),
    },
    health: { status: "healthy", reasons: [] },
    alerts: [],
    settings: {
      policy: "AgePolicy",
      synchronous: "normal",
      syncIntervalMs: 1000,
    },
  };
}

function snapshotOf(status: LiveStatus | undefined): Snapshot {
  return {
    time: Date.UTC(2026, 10, 29, 14, 3, 22),
    ...{ status, ageMs: 0, notes: [] },
    lock: { state: "alive", pid: 42, runtime: "Node", host: "db1" },
    lsn: { first: 1, written: 12_340, durable: 12_330 },
    storage: {
      ...{ segments: 3, bytes: 183_000_000 },
      ...{ freeBytes: 64_200_000_000, totalBytes: 270_000_000_000 },
    },
    cursors: [
      { name: "billing", committedLsn: 12_000, lag: 330 },
      { name: "search", error: "it is damaged" },
    ],
  };
}

const before = snapshotOf(statusAt(10_000, 100));
const after = snapshotOf(statusAt(12_000, 164));

test("formatScreen() shows what a log has done in an interval", () => {
  const activity = activityBetween(before, after);
  assertEquals(
    formatScreen("./log", after, activity).join("\n"),
    `\
wal top ./log  2026-11-29 14:03:22 UTC, the last 2.00 s
owner     held by Node process 42 on "db1"; epoch 3, open for 12 s
settings  AgePolicy, synchronous normal, every 1000 ms
health    healthy
alerts    none
rate      320 records/s, 32.5 KiB/s; 32.0 flushes/s of 10.0 records

latency      p50      p99      max
  queue  2.11 ms  2.56 ms  2.56 ms
  write  4.22 ms  5.13 ms  5.13 ms
  sync   6.27 ms  7.69 ms  7.69 ms
  ack    8.45 ms  10.3 ms  10.3 ms

queue    5 records, 520 bytes; the oldest arrived 250 us ago
at risk  15 records, 1.52 KiB; the oldest arrived 3.00 ms ago
LSNs     first 1, last 12,345, written 12,340, durable 12,330
storage  3 segments, 175 MiB; 59.8 GiB free, 23 %
cursors  billing: lags by 330 records, at 12,000
         search: it is damaged`,
  );
});

test("formatScreen() shows what is wrong, and commands no terminal", () => {
  const alert = {
    ...{
      name: "flushMs",
      state: "raised",
      value: 250,
      threshold: 100,
    } as const,
    ...{ message: "a flush took 250 ms, more than 100 ms", at: 0 },
  };
  const status: LiveStatus = {
    ...statusAt(7_500_000, 1),
    busyMs: 7000,
    health: { status: "degraded", reasons: ["no\x1b[2Jspace", "a stall"] },
    alerts: [alert],
    settings: {
      policy: "AgePolicy",
      synchronous: "full",
      syncIntervalMs: 1000,
    },
  };
  const screen = formatScreen(
    "./log",
    { ...snapshotOf(status), ageMs: 9000 },
    undefined,
  );
  assertEquals(
    screen.slice(1, 10).join("\n"),
    `\
owner     held by Node process 42 on "db1"; epoch 3, open for 2 h 5 min
settings  AgePolicy, synchronous full
health    degraded: no?[2Jspace
          a stall
status    unchanged for 9 s: the owner is blocked or gone, or the disk is full
busy      a write or sync began 7.00 s ago
alerts    a flush took 250 ms, more than 100 ms
rate      -
`,
  );
});

test("formatScreen() shows what the files say without a status, and why", () => {
  const seen = {
    ...snapshotOf(undefined),
    notes: ["nobody has the log open"],
    lock: { state: "free" } as const,
    cursors: [],
  };
  const earlier = {
    ...seen,
    time: seen.time - 4000,
    lsn: { ...seen.lsn, written: 12_300 },
  };
  assertEquals(
    formatScreen("./log", seen, activityBetween(earlier, seen)).join("\n"),
    `\
wal top ./log  2026-11-29 14:03:22 UTC, the last 4.00 s
owner  free
note   nobody has the log open
rate   10.0 records/s

LSNs     first 1, written 12,340, durable 12,330
storage  3 segments, 175 MiB; 59.8 GiB free, 23 %`,
  );
});

test("formatScreen() shows the flush thread, and how long waking it up takes", () => {
  const threaded = (uptimeMs: number, flushes: number) => {
    const wakeMs = new Histogram(1000);
    for (let flush = 0; flush < flushes; flush++) wakeMs.add(flush / 1000);
    const handed = { handedRecords: 12, handedBytes: 1248 };
    const thread = { status: "healthy", ends: 1, ...handed, wakeMs } as const;
    return snapshotOf({ ...statusAt(uptimeMs, flushes), thread });
  };
  const now = threaded(12_000, 164);
  const activity = activityBetween(threaded(10_000, 100), now);
  const lines = formatScreen("./log", now, activity);
  assertEquals(
    [lines[7], ...lines.slice(11, 15)].join("\n"),
    `\
latency        p50      p99      max
  ack      8.45 ms  10.3 ms  10.3 ms
  wake-up   131 us   163 us   163 us

queue    5 records, 520 bytes; the oldest arrived 250 us ago`,
  );
  assertEquals(
    lines[15],
    "thread   healthy, 12 records, 1.22 KiB handed over; it ended 1 time",
  );
  const { thread } = topToJson("./log", now, activity) as { thread: object };
  assertEquals(thread, {
    ...{ status: "healthy", ends: 1, handedRecords: 12, handedBytes: 1248 },
  });
});

test("formatLine() fits the header", () => {
  assertEquals(
    [
      LINE_HEADER,
      formatLine(after, activityBetween(before, after)),
      formatLine(snapshotOf(undefined), undefined),
    ].join("\n"),
    `\
     time  records/s    bytes/s  flushes/s    ack p50    ack p99     queued    at risk  health
 14:03:22        320   32.5 KiB       32.0    8.45 ms    10.3 ms          5         15  healthy
 14:03:22          -          -          -          -          -          -          -  -`,
  );
});

test("activityBetween() begins anew when the owner changes", () => {
  const other = snapshotOf({ ...statusAt(12_000, 12), epoch: 4 });
  for (const earlier of [undefined, before, snapshotOf(undefined)]) {
    const activity = activityBetween(earlier, other);
    assertEquals(activity?.isSinceOpening, true);
    assertEquals([activity?.ms, activity?.recordsPerSecond], [12_000, 10]);
  }
});

test("activityBetween() claims no latency of an interval without a flush", () => {
  const idle = snapshotOf(statusAt(14_000, 164));
  const activity = activityBetween(after, idle);
  assertEquals(activity?.recordsPerSecond, 0);
  assertEquals(activity?.details?.latency.ackMs, {
    ...{ p50Ms: NaN, p99Ms: NaN, maxMs: NaN },
  });
  const lines = formatScreen("./log", idle, activity);
  assertEquals(
    lines[5],
    "rate      0.0 records/s, 0 bytes/s; 0.0 flushes/s",
  );
  assertEquals(lines[8], "  queue    -    -    -");
});

test("topToJson() has the names that docs/cli.md lists", () => {
  const document = new URL("../../../docs/cli.md", import.meta.url);
  const [, section] = /\n### top\n([^]*?)\n### /.exec(
    readFileSync(document, "utf8"),
  )!;
  const listed = [...section.matchAll(/`(\w+)`/g)].map(([, name]) => name);
  const json = topToJson("./log", after, activityBetween(before, after));
  const { cursors: [first, second], ...found } = json as {
    cursors: object[];
    activity: object;
    latency: object;
    disk: object;
  };
  const { activity, latency, disk } = found;
  const names = [json, activity, latency, disk, first, second]
    .flatMap(Object.keys);
  assertEquals(names.filter((name) => !listed.includes(name)), []);
});

test("paint() cuts lines to the size of the terminal", () => {
  const size = { columns: 3, rows: 2 };
  assertEquals(
    paint(["a line", "b", "never seen"], size),
    "\x1b[Ha l\x1b[K\r\nb\x1b[K\x1b[J",
  );
});

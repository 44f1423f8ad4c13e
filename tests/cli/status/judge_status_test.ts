import {
  judgeStatus,
  type StatusLimits,
} from "../../../cli/status/judge_status.ts";
import type { LogStatus } from "../../../cli/status/read_status.ts";
import { assertEquals } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

const NOW = 1e12;

const sound: LogStatus = {
  lock: { state: "alive", pid: 7, runtime: "deno", host: "here" },
  extent: {
    ...{ firstLsn: 11, lastLsn: 20, durableLsn: 20, records: 10 },
    ...{ isClosed: false, oldestTime: NOW - 9000, newestTime: NOW - 5000 },
  },
  segments: 2,
  bytes: 1000,
  disk: { totalBytes: 1e6, freeBytes: 500 },
  cursors: [{ name: "a", committedLsn: 15, lag: 5, bytes: 700 }],
  snapshots: [],
  others: {
    ...{ fenced: [], originals: [], strays: [] },
    ...{ unfinished: ["x.tmp"], obsolete: ["y"], replaced: ["z"] },
  },
  damages: [],
};

const none: StatusLimits = { warning: {}, critical: {}, requireOwner: false };

/** The problems in short: `warning owner` and so on. */
function judge(
  change: Partial<LogStatus>,
  limits: Partial<StatusLimits> = {},
): string[] {
  return judgeStatus({ ...sound, ...change }, { ...none, ...limits }, NOW)
    .map(({ level, code }) => `${level} ${code}`);
}

test("judgeStatus() finds nothing wrong with a log in use", () => {
  assertEquals(judge({}), []);
  assertEquals(judge({ lock: { state: "free" } }), []);
});

test("judgeStatus() compares each measure with its limits", () => {
  const measures = { free: 500, bytes: 1000, lag: 5, age: 5000 };
  const codes = { free: "free", bytes: "bytes", lag: "cursor", age: "age" };
  for (const [measure, value] of Object.entries(measures)) {
    const code = codes[measure as keyof typeof codes];
    const at = { [measure]: value };
    const beyond = { [measure]: value + (measure === "free" ? 1 : -1) };
    assertEquals(judge({}, { warning: at, critical: at }), []);
    assertEquals(judge({}, { warning: beyond }), [`warning ${code}`]);
    const both = { warning: beyond, critical: beyond };
    assertEquals(judge({}, both), [`critical ${code}`]);
  }
  const bounds = { free: 1e9, bytes: 0, lag: 0, age: 0 };
  const { extent: _, disk: __, ...unknown } = sound;
  assertEquals(
    judgeStatus({ ...unknown, bytes: 0, cursors: [{ name: "a" }] }, {
      ...none,
      critical: bounds,
    }, NOW),
    [],
  );
});

test("judgeStatus() judges the owner, files and cursors, the worst first", () => {
  const owner = { pid: 7, runtime: "node" };
  const required = { requireOwner: true };
  assertEquals(judge({ lock: { state: "dead", ...owner } }), ["warning owner"]);
  assertEquals(judge({ lock: { state: "unreadable", reason: "" } }), [
    "warning owner",
  ]);
  assertEquals(judge({ lock: { state: "unknown", ...owner } }), []);
  const states = { dead: "critical", free: "critical", unknown: "warning" };
  for (const [state, level] of Object.entries(states)) {
    const lock = { state, ...owner } as LogStatus["lock"];
    assertEquals(judge({ lock }, required), [`${level} owner`]);
  }
  assertEquals(
    judge({
      damages: [{ file: "f", offset: 8, reason: "r" }],
      cursors: [{ name: "a", error: "e" }, { name: "b", committedLsn: 9 }],
      others: {
        ...sound.others,
        ...{ fenced: ["1"], originals: ["2"], strays: ["3"] },
      },
    }),
    [
      ...["critical damage", "warning cursor", "warning cursor"],
      ...["warning fenced", "warning originals", "warning strays"],
    ],
  );
  // Its next record is the oldest one kept.
  assertEquals(judge({ cursors: [{ name: "b", committedLsn: 10 }] }), []);
});

test("judgeStatus() believes what the owner says of itself, and notices silence", () => {
  const live = (status: object) => ({ live: { status: status as never } });
  const healthy = { status: "healthy", reasons: [] };
  const alert = { name: "storedBytes", message: "the log is large" };
  const unhealthy = { name: "unhealthy", message: "told by health already" };
  assertEquals(judge(live({ health: healthy, alerts: [] })), []);
  assertEquals(judge(live({ health: healthy, alerts: [alert] })), [
    "warning alert",
  ]);
  const degraded = { status: "degraded", reasons: ["no space", "a stall"] };
  assertEquals(judge(live({ health: degraded, alerts: [unhealthy] })), [
    "warning health",
    "warning health",
  ]);
  const failed = { status: "failed", reasons: ["EIO"] };
  assertEquals(judge(live({ health: failed, alerts: [unhealthy, alert] })), [
    "critical health",
    "warning alert",
  ]);
  assertEquals(judge({ live: { reason: "no answer" } }), ["warning answer"]);
});

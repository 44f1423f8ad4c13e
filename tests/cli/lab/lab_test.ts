import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  assert,
  assertEquals,
  assertStringIncludes,
} from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";
import { input, wal } from "../../kit/run_tool.ts";
import { withTempDir } from "../../kit/temp_dir.ts";

const HEADER = '{"syncline":"trace","version":1,"startedAt":0,"options":' +
  '{"synchronous":"full","syncIntervalMs":1000,"maxQueuedBytes":67108864,' +
  '"maxQueuedRecords":10000}}\n';

/** Four appends, a ms apart, and the first one's flush. */
const LINES = [
  HEADER,
  ...[0, 1, 2, 3].map((at) => `{"at":${at},"bytes":[100]}\n`),
  '{"flush":{"reason":"due","records":1,"bytes":104,"firstLsn":1,"lastLsn":1,' +
  '"oldestAt":0,"startedAt":0,"writtenAt":1,"endedAt":5}}\n',
].join("");

/** Lends the path of a trace. */
function withTrace(
  text: string,
  use: (path: string, dir: string) => Promise<void>,
): Promise<void> {
  return withTempDir(async (dir) => {
    const path = join(dir, "trace.ndjson");
    await writeFile(path, text);
    await use(path, dir);
  });
}

test("lab shows what the log did, and how each policy would have done", () =>
  withTrace(LINES, async (path) => {
    const { code, stdout } = await wal([
      ...["lab", path, "--policy", "leader", "--policy=age:3"],
      ...["--sync-ms", "10", "--price-per-million", "5"],
    ]);
    assertEquals(code, 0);
    assertEquals(`${stdout}`.split("\n"), [
      "trace    4 records in 4 appends, 0.0 s, 800 records/s; 0 % waited for " +
      "an ack",
      "costs    each sync takes 10 ms",
      "figures  medians of 10 runs with other seeds",
      "",
      "policy            mean      p99    p99.9  records/s  flushes/s  " +
      "rec/flush     busy  per month  mean varies",
      "(as recorded)  5.00 ms  5.00 ms  5.00 ms        200        200  " +
      "      1.0  100.0 %      2,630",
      "leader         16.0 ms  19.0 ms  19.0 ms        200        100  " +
      "      2.0  100.0 %      1,315     0 to 0 %",
      "age:3          14.0 ms  20.0 ms  20.0 ms        174       87.0  " +
      "      2.0   87.0 %      1,143     0 to 0 %",
      "",
      'Best by mean latency: "age:3", clearly, with 14.0 ms; "leader", the ' +
      "default, has 16.0 ms.",
      "",
      "NOTE: the trace does not show which appends waited for acks, so the " +
      "replay keeps the recorded times: 0 % of the appends were made as soon " +
      "as a flush was done. If callers waited, appends would come earlier or " +
      "later under another policy; record a new trace.",
      "",
    ]);
  }));

test("lab decides by a goal and a bound, and says what it cannot decide", () =>
  withTrace(LINES, async (path) => {
    const run = async (...more: string[]) => {
      const args = ["--policy=leader", "--policy=age:3", "--sync-ms", "10"];
      return `${(await wal(["lab", path, ...args, ...more])).stdout}`;
    };
    assertStringIncludes(
      await run("--goal", "p99"),
      'Best by p99: "leader", clearly, with 19.0 ms.',
    );
    assertStringIncludes(
      await run("--goal", "money"),
      'No clear winner by flushes for the same records: "leader" and "age:3" ' +
        'are alike. "leader" is the simplest within 10 % of the best, with ' +
        "500.0 flushes per 1,000 records.\nWithout --max-p99-ms, the fewest",
    );
    const bounded = await run("--max-p99-ms", "19");
    assertStringIncludes(
      bounded,
      'Best by mean latency, with p99 within 19.0 ms: "leader", clearly, with ' +
        "16.0 ms.",
    );
    assertStringIncludes(bounded, "p99 is beyond the bound");
    assertStringIncludes(
      await run("--max-p99-ms", "5"),
      "No policy keeps p99 within 5.00 ms; the lowest p99 decides.",
    );
  }));

test("lab refuses a goal that it does not know", async () => {
  const { code, stderr } = await wal(["lab", "x", "--goal", "speed"]);
  assertEquals(code, 2);
  assertStringIncludes(
    stderr,
    '--goal must be mean, p99, rate or money: received "speed"',
  );
});

test("lab compares a replay with what was recorded, if it knows the policy", () =>
  withTrace(LINES, async (path) => {
    const { stdout: without } = await wal(["lab", path]);
    assertEquals(`${without}`.includes("the recorded policy"), false);
    const args = ["lab", path, "--recorded-policy", "leader"];
    const { stdout } = await wal(args);
    assertStringIncludes(
      `${stdout}`,
      'NOTE: replaying "leader", the recorded policy, gives a mean 45 % above ' +
        "the recorded one and a p99 80 % above the recorded one: smaller " +
        "differences between policies mean little.",
    );
  }));

test("lab simulates a queue of the size that the log had", () =>
  withTrace(LINES.replace("10000}", "1}"), async (path) => {
    const args = ["--policy", "leader", "--sync-ms", "10", "--json"];
    const { stdout } = await wal(["lab", path, ...args]);
    assertEquals(JSON.parse(`${stdout}`).rows[1].recordsPerFlush, 1);
  }));

test("lab takes its costs from the trace, the same each time", () =>
  withTrace(LINES, async (path) => {
    const run = async (...more: string[]) =>
      `${(await wal(["lab", path, "--json", ...more])).stdout}`;
    const report = JSON.parse(await run());
    assertEquals(report.rows.map((row: { name: string }) => row.name), [
      ...["(as recorded)", "leader", "leader:3", "count:256", "age:2"],
      ...["count:1000,bytes:1m,age:10", "adaptive"],
    ]);
    assertEquals(report.rows[1].p50Ms, 7);
    assertEquals(report.rows[1].spread, {
      low: 7.25,
      median: 7.25,
      high: 7.25,
    });
    assertEquals([report.goal, report.choice], ["mean", "leader"]);
    assertEquals(report.trace.flushes, 1);
    assertEquals(await run(), await run("--seeds", "10"));
  }));

test("lab replays what append --trace has written", () =>
  withTempDir(async (dir) => {
    const path = join(dir, "trace.ndjson");
    const append = ["append", join(dir, "log"), "--trace", path];
    const text = "secret\n".repeat(5000);
    assertEquals((await wal(append, { stdin: input(text) })).code, 0);
    assertEquals((await readFile(path, "utf8")).includes("secret"), false);
    const { code, stdout } = await wal(["lab", path]);
    assertEquals(code, 0);
    assertStringIncludes(`${stdout}`, "5,000 records in 5,000 appends");

    const again = await wal(append, { stdin: input("more\n") });
    assertEquals(again.code, 1);
    assertStringIncludes(again.stderr, "because it already exists (EEXIST)");
  }));

test("lab says what to bear in mind about a trace", () =>
  withTrace(LINES + '{"gap":{"appends":3,"flushes":1}}\n', async (path) => {
    const { stdout } = await wal(["lab", path]);
    assertStringIncludes(
      `${stdout}`,
      "lacks 3 appends and 1 flush, because its",
    );
    assertEquals(`${stdout}`.includes("(as recorded)"), false);
  }));

test("lab notices callers that wait for their acks", () => {
  const waiting = '{"at":5,"bytes":[100,100,100,100,100]}\n{"end":"full"}\n';
  return withTrace(LINES + waiting, async (path) => {
    const { stdout } = await wal(["lab", path]);
    assertStringIncludes(
      `${stdout}`,
      "56 % of the appends were made as soon as",
    );
    assertStringIncludes(`${stdout}`, "the trace ends at its limit, maxBytes");
  });
});

test("lab refuses a trace that is missing, broken, or without a flush", () =>
  withTrace(`${LINES}{"at":1}\n`, async (path, dir) => {
    const broken = await wal(["lab", path]);
    assertEquals(broken.code, 1);
    assertStringIncludes(broken.stderr, "because line 7 must be one with");
    const missing = await wal(["lab", join(dir, "none")]);
    assertEquals(missing.code, 1);
    assertStringIncludes(missing.stderr, "it does not exist (ENOENT)");
    await writeFile(path, HEADER);
    const empty = await wal(["lab", path]);
    assertEquals(empty.code, 1);
    assertStringIncludes(empty.stderr, "there must be a flush to draw from");
    const none = await wal(["lab", path, "--sync-ms", "1"]);
    assertEquals(none.code, 0);
    assertStringIncludes(`${none.stdout}`, "0 records in 0 appends");
  }));

test("lab ends when interrupted", () =>
  withTrace(LINES, async (path) => {
    const interrupt = AbortSignal.abort("SIGINT");
    const { code, stdout } = await wal(["lab", path], { interrupt });
    assertEquals([code, stdout.length], [130, 0]);
  }));

test("doctor --trace decides by the trace's appends", () =>
  withTrace(LINES, async (path, dir) => {
    const args = ["doctor", dir, "--seconds", "0.1", "--trace", path];
    const { code, stdout } = await wal([...args, "--json"]);
    assertEquals(code, 0);
    const { rows, recommendation } = JSON.parse(`${stdout}`);
    assertEquals(rows[0].name, "leader");
    assert(
      rows.some(({ name }: { name: string }) => name === recommendation.policy),
    );
    assertStringIncludes(recommendation.reasons.join(), "by mean latency");
    await writeFile(path, HEADER);
    assertEquals((await wal(args)).code, 0);
  }));

/*
 * Goal: the example is a server of the protocol. Method: the published suite, the
 * whole of it, against the server on each runtime. Most of the suite's half
 * minute it waits for streams to expire, so all three run at the same time.
 */
import { mkdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import {
  assert,
  assertEquals,
  assertLessOrEqual,
} from "../../../kit/assert.ts";
import { runChild } from "../../../kit/process/child.ts";
import { type Runtime, runtimes } from "../../../kit/process/runtimes.ts";
import { test } from "../../../kit/register.ts";
import { withTempDir } from "../../../kit/temp_dir.ts";
import { installTools, toolModules } from "../../../package/tools.ts";
import { bundleServer, ServedStreams } from "./served_streams.ts";

const SUITE = "durable_streams.test.mjs";

/** How many tests version 0.3.6 of the suite has. */
const TESTS = 338;

/** How many of them may fail at first. */
const MOST_RETRIED = 8;

/** The part of the report of Vitest that is looked at. */
interface Report {
  readonly numTotalTests: number;
  readonly numPassedTests: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly meta: { readonly retries: number };
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

async function runSuite(
  runtime: Runtime,
  bundle: string,
  scratch: string,
): Promise<void> {
  const directory = join(scratch, runtime.name);
  mkdirSync(directory);
  const log = join(directory, "log");
  await using server = new ServedStreams(runtime, bundle, log, 120_000);
  const origin = await server.origin();
  const env = { SYNCLINE_STREAMS_URL: origin };
  const file = join(directory, "report.json");
  const { code } = await runChild([
    ...["node", join(toolModules, "vitest", "vitest.mjs"), "run", SUITE],
    // Some of its tests hope that a busy machine is quick enough.
    ...["--root", join(toolModules, ".."), "--cache=false", "--retry=2"],
    ...["--reporter=json", `--outputFile=${file}`],
  ], { env, timeoutMs: 120_000, codes: [0, 1] });
  const report: Report = JSON.parse(readFileSync(file, "utf8"));
  const results = report.testResults
    .flatMap(({ assertionResults }) => assertionResults);
  const others = results.filter(({ status }) => status !== "passed")
    .map(({ fullName, failureMessages }) =>
      `${runtime.name}: ${fullName}\n${failureMessages.join("\n")}`
    );
  assertEquals(others, []);
  const { numTotalTests, numPassedTests } = report;
  assert(numPassedTests >= TESTS, `${runtime.name}: ${numPassedTests} passed`);
  assertEquals([code, numPassedTests], [0, numTotalTests]);
  const retried = results.filter(({ meta }) => meta.retries > 0)
    .map(({ fullName }) => fullName);
  assertLessOrEqual(retried.length, MOST_RETRIED, retried.join("\n"));
  await stop(server, origin);
}

/** It ends when it is told to, even if a client never ends its request. */
async function stop(server: ServedStreams, origin: string): Promise<void> {
  const socket = connect({
    host: "127.0.0.1",
    port: Number(new URL(origin).port),
  });
  try {
    socket.on("error", () => {});
    socket.write(
      "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf",
    );
    await (await fetch(origin)).body?.cancel();
    server.child.kill("SIGTERM");
    const { code, errors } = await server.child.ended;
    assertEquals(code, 0, errors);
  } finally {
    socket.destroy();
  }
}

test("the server passes the suite of Durable Streams on every runtime", async () => {
  await installTools();
  await withTempDir(async (scratch) => {
    const bundle = await bundleServer(scratch);
    await Promise.all(
      runtimes.map((runtime) => runSuite(runtime, bundle, scratch)),
    );
  });
});

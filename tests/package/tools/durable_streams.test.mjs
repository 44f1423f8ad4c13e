/*
 * The published suite for servers of the Durable Streams protocol, all of it.
 * Run by tests/docs/examples/durable_streams/deno_conformance_test.ts.
 */
import { runConformanceTests } from "@durable-streams/server-conformance-tests";
import process from "node:process";
import { afterEach } from "vitest";

runConformanceTests({
  baseUrl: process.env.SYNCLINE_STREAMS_URL,
  longPollTimeoutMs: 500,
  subscriptions: true,
});

// In the report: how often a test failed before it passed.
afterEach(({ task }) => {
  task.meta.retries = task.result?.retryCount ?? 0;
});

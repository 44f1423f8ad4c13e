import { spawnSync } from "node:child_process";
import { test, type TestBody } from "../register.ts";

/** What Debian's package redis-tools has. */
const PROGRAMS = ["redis-cli", "redis-benchmark"];

const missing = PROGRAMS.filter((program) =>
  spawnSync(program, ["--version"]).error !== undefined
);

/**
 * Registers a test that drives a server with Redis's tools. Where they are not
 * installed, it is skipped and says so: what was not checked must not count as
 * passed.
 */
export function redisToolsTest(name: string, body: TestBody): void {
  if (missing.length === 0) test(name, body);
  else console.log(`skipped: ${name}: ${missing.join(", ")} not installed`);
}

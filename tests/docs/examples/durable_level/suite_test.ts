/*
 * Goal: DurableLevel is a complete `abstract-level`. Method: the suite that
 * package publishes for implementations, whole, on a storage in memory.
 */
import suite from "abstract-level/test/index.js";
import { DurableLevel } from "../../../../docs/examples/durable-level/durable_level.ts";
import { MemoryStorage } from "../../../../storage/memory/memory_storage.ts";
import { assertEquals } from "../../../kit/assert.ts";
import { test } from "../../../kit/register.ts";
import { runSuite } from "./run_suite.ts";

test("DurableLevel passes the suite of abstract-level", async () => {
  const { tests, assertions, failures } = await runSuite(suite, {
    factory: (options: object) =>
      new DurableLevel(new MemoryStorage(), options),
  });
  assertEquals(failures, []);
  // As many as tape counts, or it would say little that none failed.
  assertEquals([tests, assertions], [1470, 5126]);
});

/**
 * Goal: each law of frame logs fails on a log that breaks it.
 *
 * Method: a table of logs that are broken in one way, and of the law that has
 * to find it. Each law is in the table.
 *
 * @module
 */
import { frameLogLaws } from "../../../testing/laws/frame_log_laws.ts";
import { arrayPlace } from "../../kit/array_frame_log.ts";
import { assertEquals, assertStringIncludes } from "../../kit/assert.ts";
import { failuresOf, testNames } from "../../kit/failures_of.ts";
import { test } from "../../kit/register.ts";
import { brokenFrameLogs } from "./broken_frame_logs.ts";

for (const [how, law, Log] of brokenFrameLogs) {
  test(`frameLogLaws() finds that ${how}`, async () => {
    const failures = await failuresOf(
      (register) =>
        frameLogLaws(register, () => arrayPlace(Log), { seed: 4711 }),
      [law],
    );
    assertEquals([...failures.keys()], [law]);
    const { message } = failures.get(law)!;
    assertStringIncludes(message, `Law: ${law}\nFound: `);
    assertStringIncludes(message, "\nSeed: 4711");
  });
}

test("frameLogLaws() has no law that finds nothing", () => {
  const laws = testNames((register) =>
    frameLogLaws(register, () => arrayPlace())
  );
  const named = new Set(brokenFrameLogs.map(([, law]) => law));
  assertEquals(laws.filter((law) => !named.has(law)), []);
});

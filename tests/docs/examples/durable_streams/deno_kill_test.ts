/*
 * Goal: what the server has acknowledged or shown survives SIGKILL. Here a few
 * kills; `deno task soak:streams` makes 300.
 */
import "../../../kit/process/child.ts";
import { assertEquals, assertGreater } from "../../../kit/assert.ts";
import { runtimes } from "../../../kit/process/runtimes.ts";
import { test } from "../../../kit/register.ts";
import { withTempDir } from "../../../kit/temp_dir.ts";
import { killStreams } from "./kill_streams.ts";

test("a killed server of any runtime leaves what it acked or showed", async () => {
  await withTempDir(async (scratch) => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const rounds = runtimes.length + 1;
    const { kills, acked } = await killStreams({ rounds, seed, scratch });
    assertEquals(kills, rounds);
    assertGreater(acked, 10);
  });
});

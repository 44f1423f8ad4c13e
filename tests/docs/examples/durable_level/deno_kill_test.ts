/*
 * Goal: what DurableLevel had acknowledged when its process was killed is there,
 * and no part of a batch. Method: processes of all runtimes write to the same
 * directory, make checkpoints all the time, and are killed at random instants;
 * each finds what its predecessor left. `SYNCLINE_LEVEL_KILLS=300` kills more.
 */
import { readFileSync } from "node:fs";
import { assert, assertGreater } from "../../../kit/assert.ts";
import { Child } from "../../../kit/process/child.ts";
import {
  bundleVictim,
  type Runtime,
  runtimes,
} from "../../../kit/process/runtimes.ts";
import type { LevelWriterOrders } from "../../../kit/process/victims/level_writer.ts";
import { test } from "../../../kit/register.ts";
import { withTempDir } from "../../../kit/temp_dir.ts";

const KILLS = Number(Deno.env.get("SYNCLINE_LEVEL_KILLS") ?? runtimes.length);

/** Longest life of a process once it writes, in ms. */
const LIFE_MS = 150;

/** How many writes a new process finds; then it writes until it is killed. */
async function live(
  { name, command }: Runtime,
  victim: string,
  orders: LevelWriterOrders,
): Promise<number> {
  const line = [...command, victim, JSON.stringify(orders)];
  await using child = new Child(line);
  const found = Number(await child.nextLine());
  await new Promise((wake) => setTimeout(wake, Math.random() * LIFE_MS));
  child.kill("SIGKILL");
  const { signal, errors } = await child.ended;
  assert(signal === "SIGKILL", `${name}: ${errors}`);
  return found;
}

/** The highest number noted. */
function lastNoted(notes: string): number {
  return Math.max(0, ...readFileSync(notes, "utf8").split("\n").map(Number));
}

test("DurableLevel has all that a killed process of any runtime acked", async () => {
  await withTempDir(async (scratch) => {
    const victim = await bundleVictim("level_writer", scratch);
    const orders = { directory: `${scratch}/level`, notes: `${scratch}/notes` };
    let acked = 0;
    for (let round = 0; round <= KILLS; round++) {
      const runtime = runtimes[round % runtimes.length];
      const found = await live(runtime, victim, orders);
      assert(found >= acked, `${found} of ${acked} writes, round ${round}`);
      acked = lastNoted(orders.notes);
    }
    assertGreater(acked, 20);
  });
});

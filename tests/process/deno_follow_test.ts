/*
 * Goal: readers in other processes, on any runtime, show each record once, and
 * at "disk" none that is ever lost, whatever happens to the writers. Method:
 * processes of all runtimes append at random to one directory, truncate, open
 * and close it, and are killed with SIGKILL, while others follow it; in the
 * end what these noted is compared with the log.
 */
import { mkdirSync, readFileSync } from "node:fs";
import { WalReader } from "../../reader/wal_reader.ts";
import { assert, assertEquals, assertGreater } from "../kit/assert.ts";
import { Child } from "../kit/process/child.ts";
import { killLoop } from "../kit/process/kill_loop.ts";
import { checkRecord } from "../kit/process/record_content.ts";
import { bundleVictim, runtimes } from "../kit/process/runtimes.ts";
import type { FollowerOrders } from "../kit/process/victims/follower.ts";
import { test } from "../kit/register.ts";
import { withTempDir } from "../kit/temp_dir.ts";

const ROUNDS = 9;

/** Long enough for checkpoints, and for closing and opening again. */
const LIFE_MS = 1500;

/** The rounds of the records that a log has, by LSN. */
async function roundsOf(
  directory: string,
  seed: number,
): Promise<{ firstLsn: number; rounds: Map<number, number> }> {
  const reader = await WalReader.open(directory, { level: "os" });
  const rounds = new Map<number, number>();
  for await (const { lsn, data } of reader.read()) {
    rounds.set(lsn, checkRecord(data, { seed, lsn }).round);
  }
  const { firstLsn } = reader;
  await reader.close();
  return { firstLsn, rounds };
}

test("WalReader.follow() shows each record once while writers are killed", () =>
  withTempDir(async (scratch) => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const directory = `${scratch}/log`;
    mkdirSync(directory);
    const victim = await bundleVictim("follower", scratch);
    const followers = runtimes.flatMap((runtime) =>
      (["disk", "os"] as const).map((level) => {
        const file = `${scratch}/${runtime.name}-${level}`;
        const orders: FollowerOrders = { directory, seed, level, file };
        const command = [...runtime.command, victim, JSON.stringify(orders)];
        const child = new Child(command, { timeoutMs: 120_000 });
        return { child, level, file, name: `${runtime.name} at ${level}` };
      })
    );
    try {
      for (const { child } of followers) await child.nextLine();
      const { last } = await killLoop({
        ...{ rounds: ROUNDS, lifeMs: LIFE_MS, seed, scratch },
      });
      for (const { child } of followers) child.send(`${last}`);
      const { firstLsn, rounds } = await roundsOf(directory, seed);
      for (const { child, level, file, name } of followers) {
        const { code, errors } = await child.ended;
        assertEquals([code, errors], [0, ""], `${name}, seed ${seed}`);
        let shown = 0;
        for (const line of readFileSync(file, "utf8").trim().split("\n")) {
          const [lsn, round] = line.split(" ").map(Number);
          if (level === "disk") assert(lsn > shown, `${name}: ${lsn} again`);
          shown = lsn;
          if (lsn < firstLsn || level === "os") continue;
          assertEquals(rounds.get(lsn), round, `${name}: ${lsn}, seed ${seed}`);
        }
        assertGreater(shown, last - 1, name);
      }
    } finally {
      for (const { child } of followers) await child[Symbol.asyncDispose]();
    }
  }));

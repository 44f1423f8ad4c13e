/*
 * Goal: whenever a writer and a backup are killed, the backup can be restored,
 * and holds what an earlier run has reported. Method: processes of all runtimes
 * that append and make checkpoints, next to one that backs up what they write;
 * both are killed with SIGKILL at random instants.
 */
import { restoreBackup } from "../../backup/mod.ts";
import { Wal } from "../../wal.ts";
import { assert, assertEquals, assertGreater } from "../kit/assert.ts";
import { Child } from "../kit/process/child.ts";
import { generator } from "../kit/process/record_content.ts";
import { bundleVictim, runtimes } from "../kit/process/runtimes.ts";
import type { BackupKeeperOrders } from "../kit/process/victims/backup_keeper.ts";
import type { ConsumerOrders } from "../kit/process/victims/consumer.ts";
import { test } from "../kit/register.ts";
import { withTempDir } from "../kit/temp_dir.ts";

const ROUNDS = 6;

/** Longest life of the processes after both have begun, in ms. */
const LIFE_MS = 150;

/** Restores a backup and checks all of it; returns its last LSN. */
async function check(backup: string, scratch: string): Promise<number> {
  await restoreBackup(backup, scratch);
  const wal = await Wal.open(scratch);
  let sum = 0;
  const from = await wal.restore(async (snapshot) => {
    sum = Number(await snapshot.text());
  });
  for await (const { lsn, data } of wal.read({ from })) {
    assertEquals(Number(new TextDecoder().decode(data)), lsn);
    sum += lsn;
  }
  const { lastLsn } = wal;
  assertEquals(sum, lastLsn * (lastLsn + 1) / 2);
  await wal.close();
  return lastLsn;
}

test("backupLog() leaves a backup that can be restored, whoever is killed", async () => {
  await withTempDir(async (scratch) => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const next = generator(seed);
    const writer = await bundleVictim("consumer", scratch);
    const keeper = await bundleVictim("backup_keeper", scratch);
    const directory = `${scratch}/log`;
    const target = `${scratch}/backup`;
    let reported = 0;
    for (let round = 1; round <= ROUNDS; round++) {
      const notes = `${scratch}/notes`;
      const place = { directory, seed, round };
      const write: ConsumerOrders = { ...place, notes, isLast: false };
      const keep: BackupKeeperOrders = { ...place, target };
      const { command } = runtimes[round % runtimes.length];
      const { command: other } = runtimes[(round + 1) % runtimes.length];
      await using writing = new Child([
        ...[...command, writer, JSON.stringify(write)],
      ]);
      await writing.nextLine();
      await using keeping = new Child([
        ...[...other, keeper, JSON.stringify(keep)],
      ]);
      reported = Number(await keeping.nextLine());
      await new Promise((resolve) => setTimeout(resolve, next() % LIFE_MS));
      const first = next() % 2 === 0 ? writing : keeping;
      first.kill("SIGKILL");
      await new Promise((resolve) => setTimeout(resolve, next() % 20));
      (first === writing ? keeping : writing).kill("SIGKILL");
      for (const child of [writing, keeping]) {
        const { signal, errors } = await child.ended;
        assertEquals(signal, "SIGKILL", `seed ${seed}, ${round}: ${errors}`);
      }
      const { output } = await keeping.ended;
      const lines = output.split("\n").slice(0, -1);
      reported = Math.max(reported, Number(lines.at(-1)));
      const lastLsn = await check(target, `${scratch}/restored${round}`);
      assert(lastLsn >= reported, `seed ${seed}: ${lastLsn} of ${reported}`);
    }
    assertGreater(reported, 20, `seed ${seed}`);
  });
});

/*
 * Goal: a consumer that is killed again and again sees every record at least
 * once, and what it had committed is never taken back. Method: processes of all
 * runtimes that append, consume, commit and make checkpoints in one directory,
 * or that only consume what this process writes. Each is killed with SIGKILL at
 * a random instant, and the next one compares.
 */
import { Wal } from "../../wal.ts";
import { assertEquals, assertGreater } from "../kit/assert.ts";
import { Child, runChild } from "../kit/process/child.ts";
import { generator } from "../kit/process/record_content.ts";
import { bundleVictim, runtimes } from "../kit/process/runtimes.ts";
import type { ConsumerOrders } from "../kit/process/victims/consumer.ts";
import { test } from "../kit/register.ts";
import { withTempDir } from "../kit/temp_dir.ts";

const ROUNDS = 15;

/** Longest life of a process after it has restored its state, in ms. */
const LIFE_MS = 150;

test("Cursor skips nothing and takes nothing back in a consumer that is killed again and again", async () => {
  await withTempDir(async (scratch) => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const next = generator(seed);
    const victim = await bundleVictim("consumer", scratch);
    const commandOf = (round: number, isLast = false) => {
      const orders: ConsumerOrders = {
        directory: `${scratch}/log`,
        notes: `${scratch}/notes`,
        seed,
        round,
        isLast,
      };
      const { command } = runtimes[round % runtimes.length];
      return [...command, victim, JSON.stringify(orders)];
    };
    let restored = 0;
    for (let round = 1; round <= ROUNDS; round++) {
      await using child = new Child(commandOf(round));
      const line = await child.nextLine().catch((error) => {
        throw new Error(`seed ${seed}, round ${round}: ${error.message}`);
      });
      restored = Number(line.split(" ")[1]);
      await new Promise((resolve) => setTimeout(resolve, next() % LIFE_MS));
      child.kill("SIGKILL");
      const { signal, errors } = await child.ended;
      assertEquals(
        signal,
        "SIGKILL",
        `seed ${seed}, round ${round}: ${errors}`,
      );
    }
    assertGreater(restored, 20, `seed ${seed}`);
    await runChild(commandOf(ROUNDS + 1, true));
  });
});

test("Cursor skips nothing in a reading process that is killed again and again", async () => {
  await withTempDir(async (scratch) => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const next = generator(seed);
    const victim = await bundleVictim("reading_consumer", scratch);
    const directory = `${scratch}/log`;
    const commandOf = (round: number, isLast = false) => {
      const notes = `${scratch}/notes`;
      const orders = { directory, notes, seed, round, isLast };
      const { command } = runtimes[round % runtimes.length];
      return [...command, victim, JSON.stringify(orders)];
    };
    const wal = await Wal.open(directory, {
      segmentBytes: 4096,
      cursors: { hold: ["billing"], limitBytes: 2 ** 40 },
    });
    let isOver = false;
    const writing = (async () => {
      for (let lsn = 1; !isOver; lsn++) {
        await wal.append(`${lsn}`.padEnd(next() % 900));
        if (lsn % 40 === 0) await wal.checkpoint(() => `${lsn}`);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    })();
    let begins = 0;
    try {
      for (let round = 1; round <= ROUNDS; round++) {
        await using child = new Child(commandOf(round));
        begins = Number((await child.nextLine()).split(" ")[2]);
        await new Promise((resolve) => setTimeout(resolve, next() % LIFE_MS));
        child.kill("SIGKILL");
        const { signal, errors } = await child.ended;
        assertEquals(signal, "SIGKILL", `seed ${seed}, ${round}: ${errors}`);
      }
    } finally {
      isOver = true;
      await writing;
      await wal.close();
    }
    assertGreater(begins, 20, `seed ${seed}`);
    const { output } = await runChild(commandOf(ROUNDS + 1, true));
    assertEquals(output.includes(`has seen ${wal.durableLsn}`), true, output);
  });
});

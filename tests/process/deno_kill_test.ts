/*
 * Goal: what a killed process had acknowledged is there, every byte, and its
 * lock is free, whatever the runtimes. Method: processes of all runtimes append
 * at random to one directory and are killed with SIGKILL at random instants;
 * each compares what its predecessor left with that one's notes. `deno task
 * soak:kill` does the same for as long as you like.
 */
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { Wal } from "../../wal.ts";
import { assertEquals, assertGreater, assertRejects } from "../kit/assert.ts";
import { killLoop } from "../kit/process/kill_loop.ts";
import { makeRecord } from "../kit/process/record_content.ts";
import { verifyLog } from "../kit/process/verify_log.ts";
import { test } from "../kit/register.ts";
import { withTempDir } from "../kit/temp_dir.ts";

const ROUNDS = 18;

test("Wal.open() finds all that a killed process of any runtime acked", async () => {
  await withTempDir(async (scratch) => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const tally = await killLoop({ rounds: ROUNDS, seed, scratch });
    assertEquals(tally.rounds, ROUNDS);
    assertGreater(tally.acked, 20, `seed ${seed}`);
  });
});

/** A log of one lone record and a batch of three, all of them acked. */
function makeLog() {
  const seed = 3;
  const origins = [
    { seed, round: 1, lsn: 1, first: 1, last: 1 },
    ...[2, 3, 4].map((lsn) => ({ seed, round: 1, lsn, first: 2, last: 4 })),
  ];
  const text = "os 1\ndisk 2\ndisk 3\ndisk 4\n";
  const records = origins.map(makeRecord);
  return { records, origins, expected: { seed, notes: [{ round: 1, text }] } };
}

async function verify(
  records: Uint8Array[],
  expected: Parameters<typeof verifyLog>[1],
): Promise<unknown> {
  await using wal = await Wal.open(new MemoryStorage());
  for (const record of records) await wal.append(record);
  return await verifyLog(wal, expected);
}

test("verifyLog() sees what is lost, damaged, torn or another's", async () => {
  const { records, origins, expected } = makeLog();
  const [one, ...batch] = records;
  const found = await verify(records, expected);
  assertEquals(found, { first: 1, last: 4, acked: 4 });

  const damaged = one.slice();
  damaged[damaged.length - 1] ^= 1;
  const foreign = origins.map((origin) => makeRecord({ ...origin, round: 2 }));
  const rows: [Uint8Array[], RegExp][] = [
    [[one], /record 2, acked in round 1, is lost/],
    [[one, batch[0]], /batch 2-4 is torn at 2/],
    [[damaged, ...batch], /record 1 of round 1 is damaged/],
    [[one, one], /record 2 says that it is/],
    [foreign, /record 1, acked in round 1, is lost.* there is 2/],
    [[new Uint8Array(3)], /record 1 is none of ours/],
  ];
  for (const [wrong, message] of rows) {
    const error = await assertRejects(() => verify(wrong, expected), Error);
    assertEquals(message.test(error.message), true, error.message);
  }
});

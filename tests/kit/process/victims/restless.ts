import assert from "node:assert/strict";
import { writeSync } from "node:fs";
import process from "node:process";
import { AgePolicy } from "../../../../policies/age_policy.ts";
import { anyOf } from "../../../../policies/any_of.ts";
import { BytesPolicy } from "../../../../policies/bytes_policy.ts";
import { CountPolicy } from "../../../../policies/count_policy.ts";
import { LeaderCommitPolicy } from "../../../../policies/leader_commit_policy.ts";
import { Wal } from "../../../../wal.ts";
import type { Synchronous, WalOptions } from "../../../../wal_options.ts";
import type { AckLevel } from "../../../../writer/acks.ts";
import { generator } from "../record_content.ts";
import { type Expectation, verifyLog } from "../verify_log.ts";
import { chooseStorage, type Io } from "./choose_storage.ts";
import { NotingWriter } from "./noting_writer.ts";

/*
 * A process to be killed. It opens a log, compares it with the notes of its
 * predecessors, says so, and appends at random until it is killed: at every
 * level, alone and in batches, with rotation, truncation, and closing in
 * between.
 */

/** What the process has to do. */
export interface RestlessOrders extends Expectation {
  directory: string;
  /** Its own notes. */
  file: string;
  round: number;
}

const POLICIES = [
  () => new LeaderCommitPolicy(),
  () => new LeaderCommitPolicy({ windowMs: 1 }),
  () => new CountPolicy({ records: 4 }),
  () => new BytesPolicy({ bytes: 1000 }),
  () => new AgePolicy({ ms: 1 }),
  () => anyOf(new CountPolicy({ records: 9 }), new AgePolicy({ ms: 2 })),
];

const orders: RestlessOrders = JSON.parse(process.argv[2]);
// Its input ends when no process is left to kill it.
process.stdin.resume().once("end", () => process.exit());

const next = generator(orders.seed, orders.round);
const below = (limit: number) => next() % limit;
const oneOf = <Value>(values: readonly Value[]) => values[below(values.length)];
const level = () => oneOf<AckLevel>(["memory", "os", "os", "disk", "disk"]);

let isTruncating = false;
let wal = await open();
const { first, last } = await verifyLog(wal, orders);
writeSync(1, `verified ${first} ${last}\n`);
const writer = new NotingWriter(wal, last, {
  seed: orders.seed,
  round: orders.round,
  notes: orders.file,
});
while (true) {
  const lanes = Array.from({ length: 1 + below(6) }, () => lane(1 + below(40)));
  await Promise.all(lanes);
  if (below(2) === 0) await reopen();
}

function open(): Promise<Wal> {
  const options: WalOptions = {
    segmentBytes: oneOf([4096, 16_384, 65_536]),
    maxQueuedRecords: oneOf([8, 10_000]),
    syncIntervalMs: oneOf([0, 5, 1000, Infinity]),
    synchronous: oneOf<Synchronous>(["full", "normal"]),
    policy: oneOf(POLICIES)(),
  };
  const io = oneOf<Io>(["blocking", "threaded", "node"]);
  return Wal.open(chooseStorage(orders.directory, io), options);
}

/** Nothing is lost by closing, at whichever level it was acknowledged. */
async function reopen(): Promise<void> {
  await wal.close();
  wal = await open();
  assert.equal(await wal.flush(), writer.lastLsn);
  writer.reopened(wal);
}

async function lane(actions: number): Promise<void> {
  for (let done = 0; done < actions; done++) {
    const action = below(20);
    if (action < 8) await writer.append(level());
    else if (action < 11) await writer.appendBatch(1 + below(20), level());
    else if (action < 14) {
      await writer.enqueue(1 + below(50), oneOf(["os", "disk"]));
    } else if (action < 17) await burst(1 + below(20));
    else if (action < 19) await writer.flush();
    else await truncate();
  }
}

async function burst(count: number): Promise<void> {
  await Promise.all(
    Array.from({ length: count }, () => writer.append(level())),
  );
}

/** Up to what was flushed a moment ago, at most; one at a time. */
async function truncate(): Promise<void> {
  if (isTruncating) return;
  isTruncating = true;
  const lsn = writer.lastLsn - below(1000);
  await writer.flush();
  if (lsn > 0) await writer.truncateBefore(lsn);
  isTruncating = false;
}

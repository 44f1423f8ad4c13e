import { openPort, WalPort } from "../../port/mod.ts";
import { countPorts } from "../../port/open_port.ts";
import { READ_AHEAD_BYTES, type SentBatch } from "../../port/protocol.ts";
import { SentRead } from "../../port/sent_read.ts";
import type { FollowedBatch } from "../../reader/follow.ts";
import { END } from "../../reader/serial_generator.ts";
import { CompactedError } from "../../storage/frame_log.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { Wal } from "../../wal.ts";
import { LogClosedError } from "../../writer/log_closed_error.ts";
import { assert, assertEquals, assertRejects } from "../kit/assert.ts";
import { test } from "../kit/register.ts";

async function open(records = 0) {
  const wal = await Wal.open(new MemoryStorage());
  for (let nth = 1; nth <= records; nth++) await wal.append(`${nth}`);
  return { wal, port: new WalPort(openPort(wal)) };
}

const decoder = new TextDecoder();
const turn = () => new Promise((resolve) => setTimeout(resolve, 1));

test("WalPort.read() yields the records from and to an LSN, and ends", async () => {
  const { wal, port } = await open(5);
  const found: string[] = [];
  for await (const { lsn, data } of port.read({ from: 2, to: 4 })) {
    found.push(`${lsn}: ${decoder.decode(data)}`);
  }
  assertEquals(found, ["2: 2", "3: 3", "4: 4"]);
  await port.close();
  await wal.close();
});

test("WalPort.read() sees what this port has appended at level os before", async () => {
  const { wal, port } = await open();
  await port.append("a", { ack: "os" });
  const read = port.read();
  assertEquals((await read.next()).value?.lsn, 1);
  assertEquals(await read.next(), END);
  assertEquals(await read.next(), END);
  await port.close();
  await wal.close();
});

test("WalPort.follow() yields history, then live records, then ends with the log", async () => {
  const { wal, port } = await open(2);
  const found: string[] = [];
  const following = (async () => {
    for await (const { lsn, level } of port.follow({ level: "os" })) {
      found.push(`${lsn} ${level}`);
    }
  })();
  while (found.length < 2) await turn();
  await wal.append("live");
  await port.append("by the port");
  await wal.close();
  await following;
  assertEquals(found.map((line) => line.split(" ")[0]), ["1", "2", "3", "4"]);
});

test("WalPort.read() rejects with the errors of reads, of their class", async () => {
  const { wal, port } = await open(5);
  await wal.truncateBefore(4);
  const error = await assertRejects(
    () => port.read({ from: 1 }).next(),
    CompactedError,
  );
  assertEquals([error.lsn, error.firstLsn], [1, 4]);
  await assertRejects(() => port.read({ from: 99 }).next(), RangeError);
  await port.close();
  await wal.close();
});

test("WalPort.follow() that is left early, or whose port closes, ends in the other thread", async () => {
  const { wal, port } = await open(3);
  for await (const { lsn } of port.follow()) if (lsn === 2) break;
  const waiting = port.follow({ from: 4 });
  const next = waiting.next();
  await turn();
  assertEquals(await waiting.return(undefined), END);
  assertEquals(await next, END);
  const closing = port.follow({ from: 4 }).next();
  await turn();
  await Promise.all([port.close(), assertRejects(() => closing)]);
  while (countPorts(wal) > 0) await turn();
  await wal.close();
});

test("WalPort.follow() that lags behind rejects with LogClosedError when the log closes", async () => {
  const { wal, port } = await open();
  const half = "x".repeat(READ_AHEAD_BYTES / 2);
  for (let nth = 0; nth < 6; nth++) await wal.append(half);
  const following = port.follow();
  assertEquals((await following.next()).value?.lsn, 1);
  await turn();
  await wal.close();
  const seen: number[] = [];
  await assertRejects(async () => {
    for await (const { lsn } of following) seen.push(lsn);
  }, LogClosedError);
  assert(seen.length < 5, `${seen}`);
  await port.close();
});

test("SentRead sends no more than its credit before some is taken", async () => {
  const record = new Uint8Array(READ_AHEAD_BYTES / 4);
  let taken = 0;
  async function* batches() {
    for (; taken < 100;) {
      yield { firstLsn: ++taken, records: [record], level: "disk" as const };
    }
  }
  const log = {
    followBatches: () => batches() as never,
    readBatches: () => batches() as never,
  };
  const sent: SentBatch[] = [];
  const ends: string[] = [];
  const read = new SentRead(log, { kind: "follow", options: {} }, {
    batch: (batch) => sent.push(batch),
    end: () => ends.push("end"),
    failed: (error) => ends.push(`${error}`),
    ended: () => ends.push("ended"),
  });
  read.begin();
  await turn();
  assertEquals([sent.length, taken], [4, 4]);
  const { cost, count, level } = sent[0] as SentBatch & FollowedBatch;
  assertEquals([count, level], [1, "disk"]);
  read.credit(cost * 2);
  await turn();
  assertEquals([sent.length, taken], [6, 6]);
  read.stop();
  await turn();
  assertEquals([sent.length, ends], [6, ["ended"]]);
});

import { WalReader } from "../../reader/wal_reader.ts";
import { CompactedError, FencedError } from "../../storage/frame_log.ts";
import type { LogEngine } from "../../storage/log_engine.ts";
import { Wal } from "../../wal.ts";
import { LogFailedError } from "../../writer/log_failed_error.ts";
import { assert, assertEquals, assertRejects } from "./assert.ts";
import { range, textsOf } from "./reader_kit.ts";

/**
 * Tries something that a log does in any engine. It gets an engine on an empty
 * place, and another one on the same place.
 */
export type EngineCheck = (
  engine: LogEngine,
  again: LogEngine,
) => Promise<void>;

/** What a log does in any engine, and what tries it. */
export const engineChecks: readonly (readonly [string, EngineCheck])[] = [
  ["gives back what was appended, in order, after a reopening", reopens],
  ["has batches as a whole", keepsBatches],
  ["shows followers what is appended, in both processes", follows],
  ["drops what is below a record, for good", drops],
  ["keeps metadata, alone and with a record", keepsMeta],
  ["counts its flushes and says how it is", counts],
  ["fences the owner that another opening displaces", fences],
  ["begins at firstLsn", beginsElsewhere],
  ["keeps cursors, of both processes", keepsCursors],
];

async function reopens(engine: LogEngine, again: LogEngine): Promise<void> {
  const texts = range(1, 40).map((lsn) => `${lsn} `.padEnd(lsn, "."));
  const wal = await Wal.open(engine);
  const appended = texts.slice(0, 30).map((text) => wal.append(text));
  assertEquals(await Promise.all(appended), range(1, 30));
  assertEquals([wal.firstLsn, wal.durableLsn, wal.lastLsn], [1, 30, 30]);
  await wal.close();
  const reopened = await Wal.open(again);
  assertEquals([reopened.firstLsn, reopened.durableLsn], [1, 30]);
  for (const text of texts.slice(30)) await reopened.append(text);
  assertEquals(await textsOf(reopened), texts);
  assertEquals(await textsOf(reopened, { from: 7, to: 9 }), texts.slice(6, 9));
  const backwards = await textsOf(reopened, { reverse: true });
  assertEquals(backwards.reverse(), texts);
  for (const lsn of [1, 30, 31, 40]) {
    const record = await reopened.get(lsn);
    assertEquals(new TextDecoder().decode(record?.data), texts[lsn - 1]);
  }
  const last = await reopened.last(3);
  assertEquals(last.map(({ lsn }) => lsn), [38, 39, 40]);
  await reopened.close();
}

async function keepsBatches(engine: LogEngine): Promise<void> {
  const wal = await Wal.open(engine);
  assertEquals(await wal.appendBatch(["1", "2", "3"]), { first: 1, last: 3 });
  await wal.append("");
  const batches: number[][] = [];
  for await (const { firstLsn, records } of wal.readBatches()) {
    batches.push([firstLsn, records.length]);
  }
  assertEquals(batches, [[1, 3], [4, 1]]);
  await wal.close();
}

async function follows(engine: LogEngine, again: LogEngine): Promise<void> {
  const wal = await Wal.open(engine);
  await wal.append("1");
  const reader = await WalReader.open(again);
  const seen = [wal, reader].map(async (log) => {
    const lsns: number[] = [];
    for await (const { lsn, level } of log.follow()) {
      assertEquals(level, "disk");
      if (lsns.push(lsn) === 5) break;
    }
    return lsns;
  });
  for (const text of ["2", "3", "4", "5"]) await wal.append(text);
  assertEquals(await Promise.all(seen), [range(1, 5), range(1, 5)]);
  await reader.close();
  await wal.close();
}

async function drops(engine: LogEngine, again: LogEngine): Promise<void> {
  const wal = await Wal.open(engine);
  for (const lsn of range(1, 9)) await wal.append(`${lsn}`);
  assertEquals(await wal.truncateBefore(5), 5);
  await assertRejects(() => wal.get(4), CompactedError);
  assertEquals(await textsOf(wal), ["5", "6", "7", "8", "9"]);
  assertEquals(await wal.truncateBefore(10), 10);
  await wal.close();
  const reopened = await Wal.open(again);
  assertEquals([reopened.firstLsn, reopened.lastLsn], [10, 9]);
  assertEquals(await reopened.append("10"), 10);
  const reader = await WalReader.open(engine);
  assertEquals(await textsOf(reader), ["10"]);
  await assertRejects(() => reader.get(9), CompactedError);
  await reader.close();
  await reopened.close();
}

async function keepsMeta(engine: LogEngine, again: LogEngine): Promise<void> {
  const text = (wal: Wal) => wal.meta && new TextDecoder().decode(wal.meta);
  const wal = await Wal.open(engine);
  assertEquals(wal.meta, undefined);
  await wal.setMeta("one");
  assertEquals(text(wal), "one");
  await wal.close();
  const second = await Wal.open(again);
  assertEquals(text(second), "one");
  await second.append("a record", { meta: "two" });
  assertEquals(text(second), "two");
  await second.truncateBefore(2);
  await second.close();
  const third = await Wal.open(engine);
  assertEquals(text(third), "two");
  await third.close();
}

async function counts(engine: LogEngine): Promise<void> {
  const wal = await Wal.open(engine);
  const told: number[] = [];
  wal.on("flush", ({ records }) => void told.push(records));
  await wal.append("1");
  await wal.appendBatch(["2", "3"]);
  const { flushes, atRisk, queue } = wal.stats();
  assertEquals(told, [1, 2]);
  assertEquals([flushes.count, atRisk.records, queue.records], [2, 0, 0]);
  assertEquals(wal.health.status, "healthy");
  await wal.close();
}

async function fences(engine: LogEngine, again: LogEngine): Promise<void> {
  const first = await Wal.open(engine);
  await first.append("1");
  const second = await Wal.open(again);
  const error = await assertRejects(() => first.append("2"), LogFailedError);
  assert((error as Error).cause instanceof FencedError, String(error));
  assertEquals(first.health.status, "failed");
  assertEquals(await second.append("2, of the second"), 2);
  assertEquals(await textsOf(second), ["1", "2, of the second"]);
  await first.close();
  await second.close();
}

async function beginsElsewhere(
  engine: LogEngine,
  again: LogEngine,
): Promise<void> {
  const reader = await WalReader.open(again);
  assertEquals([reader.firstLsn, reader.lastLsn], [1, 0]);
  const wal = await Wal.open(engine, { firstLsn: 1000 });
  assertEquals(await wal.append("1000"), 1000);
  await reader.refresh();
  assertEquals([reader.firstLsn, reader.lastLsn], [1000, 1000]);
  await reader.close();
  await wal.close();
  const known = await assertRejects(
    () => Wal.open(again, { firstLsn: 1000 }),
    Error,
  );
  assertEquals((known as Error).name, "LogExistsError");
}

async function keepsCursors(
  engine: LogEngine,
  again: LogEngine,
): Promise<void> {
  const wal = await Wal.open(engine, {
    cursors: { hold: "all", limitBytes: 2 ** 40 },
  });
  for (const lsn of range(1, 6)) await wal.append(`${lsn}`);
  const reader = await WalReader.open(again);
  const cursor = await reader.cursor("a");
  assertEquals((await cursor.next())?.lsn, 1);
  assertEquals((await cursor.next())?.lsn, 2);
  await cursor.commit();
  assertEquals(await wal.truncateBefore(5), 3);
  const other = await wal.cursor("a");
  assertEquals([other.committedLsn, other.lag], [2, 4]);
  await other.commit(4);
  assertEquals(await wal.truncateBefore(7), 5);
  await assertRejects(() => cursor.commit(3), Error, "another consumer");
  await reader.close();
  await wal.close();
}

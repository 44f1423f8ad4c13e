/*
 * Goal: a segment that is missing is noticed if anything mentions it, and a
 * salvage says exactly what is lost. Method: every choice of segments of a
 * small log; segments of one life.
 */
import {
  decodeSegmentHeader,
  encodeSegmentHeader,
  type SegmentHeader,
} from "../../storage/format/segment_header.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { Wal } from "../../wal.ts";
import { assertEquals, assertRejects } from "../kit/assert.ts";
import { checkSalvage } from "../kit/check_salvage.ts";
import { test } from "../kit/register.ts";
import {
  assertTyped,
  LAST_LSN,
  makeSmallLog,
  readLog,
  recordOf,
  type SmallLog,
  storageOf,
} from "../kit/small_log.ts";

/** Which segments are missing, and the holes that result. */
const MISSING: [number[], [number, number][]][] = [
  [[0], [[1, 4]]],
  [[1], [[5, 8]]],
  [[2], [[9, 12]]],
  [[0, 1], [[1, 8]]],
  [[0, 2], [[1, 4], [9, 12]]],
  [[1, 2], [[5, 12]]],
  [[0, 1, 2], [[1, 12]]],
];

for (const [missing, holes] of MISSING) {
  const which = missing.map((index) => index + 1).join(" and ");

  test(`Wal.open() misses segment ${which} of three, in every mode`, async () => {
    const log = await makeSmallLog(true);
    for (const recovery of ["tail", "strict"] as const) {
      const reading = readLog(without(log, missing), { recovery });
      assertTyped(await assertRejects(() => reading));
    }
  });

  test(`salvageLog() knows what was in segment ${which} of three`, async () => {
    const log = await makeSmallLog(true);
    await checkSalvage(without(log, missing), { holes, isDamaged: true });
  });

  test(`salvageLog() knows what was durable of segment ${which} when the writer died`, async () => {
    const log = await makeSmallLog(false);
    // Nothing mentions the last one: it may not have been made yet.
    const lastLsn = missing.includes(2) ? 8 : LAST_LSN;
    const known = holes.filter(([from]) => from <= lastLsn)
      .map(([from, to]): [number, number] => [from, Math.min(to, lastLsn)]);
    await checkSalvage(without(log, missing), {
      holes: known,
      lastLsn,
      isDamaged: known.length > 0,
    });
  });
}

function without(log: SmallLog, missing: number[]): MemoryStorage {
  const storage = storageOf(log);
  for (const index of missing) storage.remove(log.segments[index].name);
  return storage;
}

test("Wal.open() misses the first of the segments of one life", async () => {
  const before = new MemoryStorage();
  const wal = await Wal.open(before, { segmentBytes: 4096 });
  const record = new Uint8Array(3000);
  for (let lsn = 1; lsn <= 4; lsn++) await wal.append(record);
  const storage = before.crash(() => 0);
  await wal.close();
  const [first] = storage.list().filter((name) => name.endsWith(".wal")).sort();
  storage.remove(first);
  for (const recovery of ["tail", "strict"] as const) {
    const error = await assertRejects(() => Wal.open(storage, { recovery }));
    assertTyped(error, "[memory]");
  }
  const warnings: string[] = [];
  const warn = (text: string) => warnings.push(text);
  const again = await Wal.open(storage, { recovery: "salvage", warn });
  const lsns: number[] = [];
  for await (const { lsn } of again.read()) lsns.push(lsn);
  await again.close();
  assertEquals(lsns, [2, 3, 4]);
  assertEquals(warnings.length, 1);
  assertEquals(warnings[0].includes("record 1 is lost"), true, warnings[0]);
});

test("salvageLog() makes no segment that is fenced, nor one whose name is taken", async () => {
  // Owner 2 found that the log ends at 4; an older one still wrote at 5.
  const storage = new MemoryStorage();
  const first = await Wal.open(storage);
  for (let lsn = 1; lsn <= 4; lsn++) await first.append(recordOf(lsn));
  await first.close();
  const second = await Wal.open(storage, { segmentBytes: 4096 });
  await second.append(new Uint8Array(4000));
  await second.append("6");
  await second.append("7");
  await second.close();
  const missing = "0000000000000005-00000002.wal";
  const bytes = storage.get(missing)!;
  storage.remove(missing);
  const zombie = "0000000000000005-00000001.wal";
  const header = decodeSegmentHeader(bytes) as SegmentHeader;
  bytes.set(encodeSegmentHeader({ ...header, epoch: 1 }));
  storage.put(zombie, bytes);
  const died = storage.kill();
  died.remove(zombie);
  for (const one of [storage, died]) {
    const wal = await Wal.open(one, { recovery: "salvage", warn() {} });
    const lsns: number[] = [];
    for await (const { lsn } of wal.read()) lsns.push(lsn);
    await wal.close();
    assertEquals(lsns, [1, 2, 3, 4, 6, 7]);
  }
});

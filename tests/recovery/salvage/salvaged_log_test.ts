import { Wal } from "../../../wal.ts";
import {
  assertEquals,
  assertGreater,
  assertStringIncludes,
} from "../../kit/assert.ts";
import { salvage } from "../../kit/check_salvage.ts";
import { damaged, spoil } from "../../kit/damaged_log.ts";
import { test } from "../../kit/register.ts";
import { readLog } from "../../kit/small_log.ts";

test("Wal.open() in mode salvage warns about each hole, with all details", async () => {
  const storage = await damaged((log, put) => put(1, spoil(log, 1, 1)));
  const warnings: string[] = [];
  const wal = await Wal.open(storage, {
    recovery: "salvage",
    warn: (message) => warnings.push(message),
  });
  await wal.close();
  assertEquals(warnings.length, 1);
  const [warning] = warnings;
  const name = "[memory]/0000000000000005-00000002.wal";
  assertStringIncludes(warning, `"${name}" is damaged at offset 120`);
  assertStringIncludes(warning, "checksum: expected 0x");
  assertStringIncludes(warning, "records 6 to 7 are lost");
  assertStringIncludes(warning, `"${name}.broken"`);
});

test("Wal.read() skips a hole, and Wal.readBatches() shows the part asked for", async () => {
  const storage = await damaged((_, put) => put(1));
  await salvage(storage);
  const wal = await Wal.open(storage);
  const lsns: number[] = [];
  for await (const { lsn } of wal.read({ from: 4, to: 9 })) lsns.push(lsn);
  assertEquals(lsns, [4, 9]);
  for (const [from, to] of [[5, 8], [6, 7], [5, 5], [8, 8]]) {
    const batches = [];
    for await (const { time, ...batch } of wal.readBatches({ from, to })) {
      assertGreater(time ?? 0, 0);
      batches.push(batch);
    }
    const lost = to - from + 1;
    assertEquals(batches, [{ firstLsn: from, records: [], lost }]);
  }
  await wal.close();
});

test("Wal.truncateBefore() drops segments with holes like any other", async () => {
  const storage = await damaged((log, put) => {
    put(0, spoil(log, 0, 1));
    put(1);
  });
  await salvage(storage);
  const wal = await Wal.open(storage);
  await wal.truncateBefore(9);
  await wal.close();
  assertEquals(await readLog(storage), { lsns: [9, 10, 11, 12], holes: [] });
});

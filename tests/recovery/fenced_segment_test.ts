import { encodeSegmentHeader } from "../../storage/format/segment_header.ts";
import { CorruptLogError } from "../../storage/corrupt_log_error.ts";
import { MemoryStorage } from "../../storage/memory_storage.ts";
import { Wal } from "../../wal.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { test } from "../support/register.ts";

test("Wal.truncateBefore() does not bring a fenced segment back", async () => {
  const storage = new MemoryStorage();
  await openAndAppend(storage, 2);
  await openAndAppend(storage, 6);
  const zombie = "0000000000000004-00000001.wal";
  storage.put(
    zombie,
    encodeSegmentHeader({ firstLsn: 4, epoch: 1, salt: 5, previous: 0 }),
  );
  const wal = await Wal.open(storage);
  await wal.append("9");
  await wal.truncateBefore(9);
  await wal.close();
  assert(!storage.list().includes(zombie));

  const reopened = await Wal.open(storage);
  const lsns: number[] = [];
  for await (const { lsn } of reopened.read()) lsns.push(lsn);
  await reopened.close();
  assertEquals(lsns, [9]);
});

test("Wal.open() refuses a segment that is not what its name says", async () => {
  const storage = new MemoryStorage();
  await openAndAppend(storage, 2);
  storage.rename(
    "0000000000000001-00000001.wal",
    "0000000000000005-00000001.wal",
  );
  await assertRejects(() => Wal.open(storage), CorruptLogError, "record 5");
});

async function openAndAppend(
  storage: MemoryStorage,
  records: number,
): Promise<void> {
  const wal = await Wal.open(storage);
  for (let count = 0; count < records; count++) await wal.append("x");
  await wal.close();
}

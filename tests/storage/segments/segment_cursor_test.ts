import { parseSegmentName } from "../../../storage/format/file_names.ts";
import { MemoryStorage } from "../../../storage/memory/memory_storage.ts";
import { SegmentCursor } from "../../../storage/segments/segment_cursor.ts";
import { StorageError } from "../../../storage/storage_error.ts";
import { Wal } from "../../../wal.ts";
import { assert, assertRejects } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

test("SegmentCursor says that a segment was dropped while it was read", async () => {
  const storage = new MemoryStorage();
  await using wal = await Wal.open(storage, { segmentBytes: 4096 });
  for (let lsn = 1; lsn <= 9; lsn++) await wal.append(new Uint8Array(1000));
  const oldest = storage.list().sort().find((name) => name.endsWith(".wal"))!;
  const cursor = await SegmentCursor.open(storage, parseSegmentName(oldest)!);
  await wal.truncateBefore(9);
  // Its file is used again, with another header and other frames.
  for (let lsn = 10; lsn <= 15; lsn++) await wal.append(new Uint8Array(900));
  const error = await assertRejects(
    async () => void await cursor.frames().next(),
    StorageError,
  ) as StorageError;
  assert(error.message.includes("a checkpoint has since dropped it"));
  await cursor.close();
});

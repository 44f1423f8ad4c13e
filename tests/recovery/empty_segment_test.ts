import { parseSegmentName } from "../../storage/format/file_names.ts";
import type { OnCall } from "../../storage/memory/memory_file.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { Wal } from "../../wal.ts";
import { assertEquals } from "../kit/assert.ts";
import { test } from "../kit/register.ts";

const segmentsOf = (storage: MemoryStorage) =>
  storage.list().filter((name) => parseSegmentName(name) !== undefined);

/** A log of one record whose owner died before the next frame was written. */
async function diedBeforeFrame(): Promise<MemoryStorage> {
  const first = new MemoryStorage();
  const wal = await Wal.open(first);
  await wal.append("one");
  await wal.close();
  const onCall: OnCall = ({ operation, file }) =>
    operation === "write" && parseSegmentName(file) !== undefined
      ? { error: "EIO" }
      : undefined;
  const storage = first.kill({ onCall });
  const dying = await Wal.open(storage);
  await dying.append("two").catch(() => {});
  await dying.close().catch(() => {});
  return storage.kill();
}

test("Wal.open() removes a segment that an owner made and never wrote to", async () => {
  let storage = await diedBeforeFrame();
  assertEquals(segmentsOf(storage).length, 2);
  const warnings: string[] = [];
  const warn = (text: string) => void warnings.push(text);
  for (let lsn = 2; lsn < 5; lsn++) {
    const wal = await Wal.open(storage, { warn });
    assertEquals(segmentsOf(storage).length, lsn - 1);
    assertEquals(await wal.append("more"), lsn);
    await wal.close();
    storage = storage.kill();
  }
  // Nobody was displaced.
  assertEquals(warnings, []);
});

test("Wal.open() does not warn about a fenced segment without records", async () => {
  const storage = await diedBeforeFrame();
  const empty = segmentsOf(storage).at(-1)!;
  const bytes = storage.get(empty)!;
  await (await Wal.open(storage)).close();
  // As after a crash between the manifest and the removal.
  storage.put(empty, bytes);
  const warnings: string[] = [];
  const warn = (text: string) => void warnings.push(text);
  await (await Wal.open(storage, { warn })).close();
  assertEquals(warnings, []);
});

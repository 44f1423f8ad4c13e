import { MemoryStorage } from "../../../storage/memory/memory_storage.ts";
import { Wal } from "../../../wal.ts";
import { assertRejects, assertStringIncludes } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

/** A log of six records, two per segment, and its segments' names. */
async function makeLog(): Promise<[MemoryStorage, string[]]> {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage, { segmentBytes: 4096 });
  for (let lsn = 1; lsn <= 6; lsn++) await wal.append(new Uint8Array(1500));
  await wal.close();
  return [storage, storage.list().filter((name) => name.endsWith(".wal"))];
}

/** Why all of a log cannot be read. */
async function refusalOf(storage: MemoryStorage): Promise<string> {
  await using wal = await Wal.open(storage);
  const error = await assertRejects(async () => {
    for await (const _ of wal.read());
  }) as Error;
  return error.message;
}

test("readSegments() refuses a segment of another log in the middle", async () => {
  const [storage, names] = await makeLog();
  const [other] = await makeLog();
  storage.put(names[1], other.get(names[1])!);
  const message = await refusalOf(storage);
  assertStringIncludes(message, "it is a segment of another log");
});

test("readSegments() refuses a copy under another name in the middle", async () => {
  const [storage, names] = await makeLog();
  storage.put(names[1], storage.get(names[0])!);
  const message = await refusalOf(storage);
  assertStringIncludes(message, "a copy of that segment under another name");
});

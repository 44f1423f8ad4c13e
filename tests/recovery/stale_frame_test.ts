/*
 * Goal: bytes of an older file, in blocks that the last segment was given, are
 * not part of the log. Method: a whole frame from another life, with exactly
 * the LSN that is next, exactly where the next frame belongs.
 */
import { FRAME_HEADER_BYTES } from "../../storage/format/frame.ts";
import { SEGMENT_HEADER_BYTES } from "../../storage/format/segment_header.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { Wal } from "../../wal.ts";
import { assertEquals } from "../kit/assert.ts";
import { test } from "../kit/register.ts";

const FRAME = FRAME_HEADER_BYTES + 8;

test("Wal.open() believes no stale frame that has the right LSN", async () => {
  const older = new MemoryStorage();
  await appendAndDie(older, ["one", "two", "old"]);
  const [before] = segmentsOf(older);
  const stale = older.get(before)!.slice(SEGMENT_HEADER_BYTES + 2 * FRAME);

  const storage = new MemoryStorage();
  await appendAndDie(storage, ["one"]);
  const next = storage.kill();
  // As large as two frames, so that it ends where the stale one begins.
  await appendAndDie(next, ["x".repeat(4 + FRAME)]);
  const survivor = next.kill();
  const last = segmentsOf(survivor).at(-1)!;
  const bytes = survivor.get(last)!;
  assertEquals(bytes.length, SEGMENT_HEADER_BYTES + 2 * FRAME);
  survivor.put(last, new Uint8Array([...bytes, ...stale]));

  const wal = await Wal.open(survivor);
  assertEquals(await wal.append("new"), 3);
  const texts: string[] = [];
  for await (const { data } of wal.read({ from: 3 })) {
    texts.push(new TextDecoder().decode(data));
  }
  assertEquals(texts, ["new"]);
  await wal.close();
});

function segmentsOf(storage: MemoryStorage): string[] {
  return storage.list().filter((name) => name.endsWith(".wal")).sort();
}

/** The log is not closed, so that it is found as its last sync left it. */
async function appendAndDie(
  storage: MemoryStorage,
  records: string[],
): Promise<void> {
  const wal = await Wal.open(storage);
  for (const record of records) await wal.append(record);
}

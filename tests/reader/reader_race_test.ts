/*
 * Goal: a reader reports no damage while files come and go. Method: each
 * of its calls waits for some turns, in which a writer appends, rotates, drops,
 * closes and opens; two followers must see each record once.
 */
import { SeededRandom } from "../../random.ts";
import { WalReader } from "../../reader/wal_reader.ts";
import { CompactedError } from "../../storage/frame_log.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import type { Storage, StorageFile } from "../../storage/storage.ts";
import { turnEnds } from "../../storage/turns.ts";
import { Wal } from "../../wal.ts";
import { assertEquals } from "../kit/assert.ts";
import { textOf } from "../kit/reader_kit.ts";
import { test } from "../kit/register.ts";

const LAST_LSN = 1500;

/** A storage that answers a reader after up to `most` turns. */
function dawdling(memory: MemoryStorage, random: SeededRandom): Storage {
  const later = async <T>(act: () => T | Promise<T>): Promise<T> => {
    for (let turns = Math.floor(random.next() * 4); turns > 0; turns--) {
      await new Promise<void>((done) => void turnEnds.setImmediate(done));
    }
    return await act();
  };
  const slow = (file: ReturnType<MemoryStorage["open"]>): StorageFile => ({
    read: (into, offset) => later(() => file.read(into, offset)),
    size: () => later(() => file.size()),
    close: () => file.close(),
  } as StorageFile);
  return {
    location: memory.location,
    watch: (wake: () => void) => memory.watch(wake),
    list: () => later(() => memory.list()),
    open: (name: string) => later(() => slow(memory.open(name, "read"))),
  } as unknown as Storage;
}

/** Follows to the last record; returns how many it was shown. */
async function follow(
  reader: WalReader,
): Promise<{ shown: number; dropped: number }> {
  let next = 1;
  let shown = 0;
  let dropped = 0;
  while (next <= LAST_LSN) {
    try {
      for await (const { lsn, data } of reader.follow({ from: next })) {
        assertEquals(lsn, next++);
        const text = new TextDecoder().decode(data);
        assertEquals(text, textOf(lsn, text.length));
        shown++;
        if (lsn === LAST_LSN) break;
      }
    } catch (error) {
      if (!(error instanceof CompactedError)) throw error;
      dropped += error.firstLsn - next;
      next = error.firstLsn;
    }
  }
  return { shown, dropped };
}

async function write(storage: MemoryStorage, seed: number): Promise<void> {
  const random = new SeededRandom(seed);
  const options = { segmentBytes: 4096, warn() {} };
  let wal = await Wal.open(storage, options);
  for (let lsn = 1; lsn <= LAST_LSN; lsn++) {
    const ack = random.next() < 0.5 ? "os" : "disk";
    await wal.append(textOf(lsn, 8 + Math.floor(random.next() * 3000)), {
      ack,
    });
    if (random.next() < 0.9) {
      await new Promise<void>((done) => void turnEnds.setImmediate(done));
    }
    if (random.next() < 0.3) await wal.truncateBefore(Math.max(1, lsn - 9));
    if (random.next() > 0.01) continue;
    const before = wal;
    if (random.next() < 0.5) await wal.close();
    wal = await Wal.open(storage, { ...options, takeOver: true });
    await before.close().catch(() => {});
  }
  await wal.close();
}

for (const seed of [1, 2, 3]) {
  test(`WalReader sees no damage while files come and go: seed ${seed}`, async () => {
    const storage = new MemoryStorage({ seed });
    const readers = await Promise.all(
      (["disk", "os"] as const).map((level) =>
        WalReader.open(dawdling(storage, new SeededRandom(seed)), { level })
      ),
    );
    const following = readers.map(follow);
    await write(storage, seed);
    for (const { shown, dropped } of await Promise.all(following)) {
      assertEquals(shown + dropped, LAST_LSN);
    }
    for (const reader of readers) await reader.close();
  });
}

/*
 * Goal: what a reader shows at "disk" is in the log that the next owner
 * continues, wherever that one takes over. Method: a reader looks after every
 * change that either owner makes, while the former one appends and rotates.
 */
import { WalReader } from "../../reader/wal_reader.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { afterChanges } from "../../testing/wal/after_changes.ts";
import { Wal } from "../../wal.ts";
import type { WalOptions } from "../../wal_options.ts";
import { assertEquals, assertGreater } from "../kit/assert.ts";
import { test } from "../kit/register.ts";

const INSTANTS = 120;

const decoder = new TextDecoder();

/** Adds what a reader shows beyond what it has shown already. */
async function readOn(reader: WalReader, shown: string[]): Promise<void> {
  await reader.refresh();
  const from = shown.length + 1;
  if (from > reader.lastLsn) return;
  for await (const { lsn, data } of reader.read({ from })) {
    assertEquals(lsn, shown.length + 1);
    shown.push(decoder.decode(data));
  }
}

async function takeOverAt(
  instant: number,
  options: WalOptions,
): Promise<number> {
  const storage = new MemoryStorage({ seed: instant });
  const reader = await WalReader.open(storage);
  const shown: string[] = [];
  let looking = Promise.resolve();
  let changes = 0;
  let atInstant = () => {};
  const reached = new Promise<void>((resolve) => atInstant = resolve);
  const look = () => {
    if (++changes === instant) atInstant();
    return looking = looking.then(() => readOn(reader, shown));
  };
  const places = [0, 1].map(() => afterChanges(storage, look));
  const all: WalOptions = { segmentBytes: 4096, warn() {}, ...options };
  const first = await Wal.open(places[0], all);
  const appends = Array.from({ length: 9 }, async (_, at) => {
    for (let turn = 0; turn < at; turn++) await first.flush();
    await first.append(`first ${at}`.padEnd(1300, "."));
  });
  const appended = Promise.allSettled(appends);
  await Promise.race([reached, appended]);
  const second = await Wal.open(places[1], { ...all, takeOver: true });
  await second.append("second".padEnd(1300, "."));
  await appended;
  await first.close().catch(() => {});
  await second.append("third");
  await second.close();
  await look();
  const final = await WalReader.open(storage);
  const records: string[] = [];
  await readOn(final, records);
  assertEquals(shown, records, `instant ${instant}`);
  for (const one of [reader, final]) await one.close();
  return changes;
}

for (const synchronous of ["full", "normal", "off"] as const) {
  test(`WalReader shows what the next owner continues: ${synchronous}`, async () => {
    for (let instant = 1; instant <= INSTANTS; instant++) {
      const changes = await takeOverAt(instant, { synchronous });
      assertGreater(changes, 20);
    }
  });
}

/*
 * Goal: a segment of another log, a copy under another name, and a file that
 * only looks like a segment take nothing from a log, and give it nothing.
 * Method: put each of them at every place, and in the place of every segment.
 */
import { formatSegmentName } from "../../storage/format/file_names.ts";
import {
  decodeSegmentHeader,
  encodeSegmentHeader,
  type SegmentHeader,
} from "../../storage/format/segment_header.ts";
import type { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { assert, assertEquals, assertRejects } from "../kit/assert.ts";
import { checkSalvage } from "../kit/check_salvage.ts";
import { test } from "../kit/register.ts";
import {
  assertTyped,
  lsnsWithout,
  makeSmallLog,
  readLog,
  type SmallLog,
  storageOf,
} from "../kit/small_log.ts";

const MODES = ["tail", "strict"] as const;
const HOLES: [number, number][] = [[1, 4], [5, 8], [9, 12]];

/** The files, by what they are; each for a place. */
const FILES: Record<
  string,
  (log: SmallLog, firstLsn: number, epoch: number) => Uint8Array
> = {
  "a segment of another log": ({ segments: [{ bytes }] }, firstLsn, epoch) =>
    rename(bytes, { firstLsn, epoch, log: "e".repeat(32) }),
  // Its header is at odds with its name, and its records belong to the log.
  "a copy": ({ segments }, firstLsn) =>
    segments[firstLsn < 5 ? 1 : 0].bytes.slice(),
};

for (const [what, make] of Object.entries(FILES)) {
  test(`Wal.open() reads nothing of ${what}, wherever it is`, async () => {
    for await (const { log, name, bytes } of everyPlace(make)) {
      for (const recovery of MODES) {
        const storage = withFile(log, name, bytes);
        const read = await readLog(storage, { recovery }).catch((error) =>
          assertTyped(error)
        );
        const whole = { lsns: lsnsWithout([]), holes: [] };
        if (read !== undefined) assertEquals(read, whole, name);
      }
    }
  });

  test(`salvageLog() puts ${what} aside, wherever it is`, async () => {
    for await (const { log, name, bytes } of everyPlace(make)) {
      const storage = withFile(log, name, bytes);
      const { damages } = await checkSalvage(storage, {
        holes: [],
        isDamaged: true,
      });
      const { original, path } = damages.find((one) =>
        one.path === `[memory]/${name}`
      )!;
      assertEquals(original, `${path}.broken`);
      assertEquals(storage.get(`${name}.broken`), bytes);
    }
  });

  test(`salvageLog() knows what ${what} has replaced`, async () => {
    for (const closed of [true, false]) {
      const log = await makeSmallLog(closed);
      for (const [index, { name }] of log.segments.entries()) {
        const [firstLsn, epoch] = name.split(/[-.]/).map(Number);
        const bytes = make(log, firstLsn, epoch);
        for (const recovery of MODES) {
          const reading = readLog(withFile(log, name, bytes), { recovery });
          assertTyped(await assertRejects(() => reading));
        }
        const isKnown = closed || index < 2;
        const report = await checkSalvage(withFile(log, name, bytes), {
          holes: isKnown ? [HOLES[index]] : [],
          lastLsn: isKnown ? 12 : 8,
          isDamaged: true,
        });
        assert(report.damages.length >= (isKnown ? 2 : 1));
      }
    }
  });
}

test("salvageLog() puts a file aside that begins like a segment of an epoch that never was", async () => {
  for (let firstLsn = 1; firstLsn <= 14; firstLsn++) {
    for (const size of [0, 8, 63, 200]) {
      const log = await makeSmallLog(firstLsn % 2 === 0);
      const name = formatSegmentName(firstLsn, 9);
      const bytes = new Uint8Array(size);
      bytes.set(log.segments[0].bytes.subarray(0, Math.min(size, 8)));
      for (const recovery of MODES) {
        const reading = readLog(withFile(log, name, bytes), { recovery });
        assertTyped(await assertRejects(() => reading));
      }
      const storage = withFile(log, name, bytes);
      await checkSalvage(storage, { holes: [], isDamaged: true });
      assertEquals(storage.get(`${name}.broken`), bytes);
    }
  }
});

test("salvageLog() without a manifest recognizes a foreign segment by the others", async () => {
  for (const firstLsn of [1, 5, 7, 13]) {
    const log = await makeSmallLog(true);
    const name = formatSegmentName(firstLsn, 4);
    const bytes = FILES["a segment of another log"](log, firstLsn, 4);
    const storage = withFile(log, name, bytes);
    storage.remove("00000003.manifest");
    await checkSalvage(storage, { holes: [], isDamaged: true });
    assertEquals(storage.get(`${name}.broken`), bytes);
  }
});

/** Names at every LSN and epoch, except those of the log's segments. */
async function* everyPlace(make: typeof FILES[string]): AsyncGenerator<
  { log: SmallLog; name: string; bytes: Uint8Array }
> {
  for (const closed of [true, false]) {
    const log = await makeSmallLog(closed);
    const own = new Set(log.segments.map(({ name }) => name));
    for (let firstLsn = 1; firstLsn <= 14; firstLsn++) {
      for (const epoch of [1, 2, 3, 4, 9]) {
        const name = formatSegmentName(firstLsn, epoch);
        if (own.has(name)) continue;
        yield { log, name, bytes: make(log, firstLsn, epoch) };
      }
    }
  }
}

function withFile(
  log: SmallLog,
  name: string,
  bytes: Uint8Array,
): MemoryStorage {
  const storage = storageOf(log);
  storage.put(name, bytes);
  return storage;
}

/** A segment whose header says something else, with a valid checksum. */
function rename(
  segment: Uint8Array,
  change: Partial<SegmentHeader>,
): Uint8Array {
  const bytes = segment.slice();
  const header = decodeSegmentHeader(bytes) as SegmentHeader;
  bytes.set(encodeSegmentHeader({ ...header, ...change }));
  return bytes;
}

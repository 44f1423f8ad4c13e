/*
 * Goal: what was dropped is neither missed nor lost. Method: logs whose low
 * mark lies within a segment, or after all of them.
 */
import { salvageLog } from "../../recovery/salvage/salvage_log.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { Wal } from "../../wal.ts";
import { assert, assertEquals } from "../kit/assert.ts";
import { lostIn, salvage } from "../kit/check_salvage.ts";
import { decodeLog } from "../kit/independent_decoder.ts";
import { test } from "../kit/register.ts";
import {
  filesOf,
  lsnsWithout,
  makeSmallLog,
  readLog,
  type SmallFrame,
  storageOf,
} from "../kit/small_log.ts";

test("Wal.open() continues where all was dropped that was never synced", async () => {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage, { syncIntervalMs: Infinity });
  await wal.append("one", { ack: "os" });
  await wal.append("two", { ack: "os" });
  await wal.truncateBefore(3);
  const deaths = [
    storage.kill(),
    storage.crash(() => 0),
    storage.crash((choices) => choices - 1),
  ];
  for (const died of deaths) {
    for (const recovery of ["tail", "strict", "salvage"] as const) {
      await (await Wal.open(died, { recovery })).close();
    }
    const again = await Wal.open(died);
    assertEquals(await again.append("three"), 3);
    await again.close();
  }
});

/** A small log whose records below 7 are dropped; segments 5 and 9 are left. */
async function droppedLog(): Promise<MemoryStorage> {
  const storage = storageOf(await makeSmallLog(true));
  const wal = await Wal.open(storage);
  await wal.truncateBefore(7);
  await wal.close();
  assertEquals(segmentsOf(storage), [SECOND, THIRD]);
  return storage;
}

function segmentsOf(storage: MemoryStorage): string[] {
  return storage.list().filter((name) => name.endsWith(".wal")).sort();
}

const SECOND = "0000000000000005-00000002.wal";
const THIRD = "0000000000000009-00000003.wal";

/** The effects of damage to a log of records 7 to 12. */
const DAMAGE: Record<string, {
  act: (storage: MemoryStorage, frames: SmallFrame[]) => void;
  lost: [number, number][];
}> = {
  "a record below it": {
    act: (storage, [first]) => flip(storage, SECOND, first.offset + 50),
    lost: [],
  },
  "a frame on it": {
    act: (storage, [, second]) => flip(storage, SECOND, second.offset + 50),
    lost: [[7, 7]],
  },
  "all of its segment": {
    act: (storage) => storage.put(SECOND, new Uint8Array(8)),
    lost: [[7, 8]],
  },
  "its segment, which is missing": {
    act: (storage) => storage.remove(SECOND),
    lost: [[7, 8]],
  },
  "all segments, which are missing": {
    act: (storage) => {
      storage.remove(SECOND);
      storage.remove(THIRD);
    },
    lost: [[7, 12]],
  },
  "the end of its segment, and the next one": {
    act: (storage, [, second]) => {
      storage.put(SECOND, storage.get(SECOND)!.slice(0, second.offset + 9));
      storage.remove(THIRD);
    },
    lost: [[7, 12]],
  },
};

for (const [what, { act, lost }] of Object.entries(DAMAGE)) {
  test(`salvageLog() counts from the low mark: damage to ${what}`, async () => {
    const storage = await droppedLog();
    const { frames } = (await makeSmallLog(true)).segments[1];
    act(storage, frames);
    const foreseen = await salvageLog(storage);
    const report = await salvage(storage);
    assertEquals(report, foreseen);
    assertEquals(report.damages.length > 0, true);
    assertEquals(lostIn(report), lost);
    const lsns = lsnsWithout([[1, 6], ...lost]);
    assertEquals(report.records, lsns.length);
    assertEquals((await salvage(storage)).damages, []);
    const decoded = decodeLog(filesOf(storage));
    assertEquals(decoded.refusal, undefined);
    assertEquals(decoded.firstLsn, 7);
    assertEquals(decoded.records.map(({ lsn }) => lsn), lsns);
    assertEquals(decoded.holes, lost);
    const read = await readLog(storage, { recovery: "strict" });
    assertEquals(read, { lsns, holes: lost });
  });
}

test("salvageLog() does not bring back what was dropped, where all was", async () => {
  const storage = await droppedLog();
  const wal = await Wal.open(storage);
  await wal.truncateBefore(13);
  await wal.close();
  // Segments that a crash has left, and that are damaged.
  const log = await makeSmallLog(true);
  for (const { name, bytes, frames } of log.segments) {
    storage.put(name, bytes);
    flip(storage, name, frames[1].offset + 50);
  }
  for (const recovery of ["salvage", "strict"] as const) {
    const again = await Wal.open(storage.kill(), { recovery });
    assertEquals(await again.append("thirteen"), 13);
    await again.close();
  }
  assertEquals((await salvage(storage)).records, 0);
});

function flip(storage: MemoryStorage, name: string, at: number): void {
  const bytes = storage.get(name)!;
  bytes[at] ^= 1;
  storage.put(name, bytes);
}

/** Every way to choose, by an odometer; ends when `run` has seen them all. */
async function withEveryChoice(
  run: (choose: (count: number) => number) => Promise<void>,
): Promise<number> {
  const digits: number[] = [];
  const counts: number[] = [];
  for (let runs = 1;; runs++) {
    let at = 0;
    await run((count) => {
      counts[at] = count;
      digits[at] ??= 0;
      return digits[at++];
    });
    digits.length = counts.length = at;
    while (at > 0 && digits[at - 1] + 1 === counts[at - 1]) at--;
    if (at === 0) return runs;
    digits[at - 1]++;
    digits.length = at;
  }
}

test("Wal.open() removes nothing by a mark that a power loss may take back", async () => {
  let killed: MemoryStorage | undefined;
  let isRenamed = false;
  const storage = new MemoryStorage({
    onCall: ({ operation }) => {
      if (operation === "syncDirectory" && isRenamed) killed ??= storage.kill();
      isRenamed = operation === "rename";
    },
  });
  const wal = await Wal.open(storage, { segmentBytes: 4096 });
  for (let nth = 0; nth < 4; nth++) await wal.append("x".repeat(3000));
  isRenamed = false;
  killed = undefined;
  await wal.truncateBefore(4);
  await wal.close();
  let states = 0;
  for (let stop = 0;; stop++) {
    let calls = 0;
    const storage = killed!.kill({
      onCall: ({ operation }) => {
        const isChange = ["remove", "syncDirectory"].includes(operation);
        if (isChange && calls++ === stop) return { error: "EIO" };
      },
    });
    const life = Wal.open(storage, { warn() {} }).then((wal) => wal.close());
    if (await life.then(() => true, () => false)) break;
    states += await withEveryChoice(async (choose) => {
      const survivor = await Wal.open(storage.crash(choose), { warn() {} });
      assert(survivor.lastLsn === 4 && (await survivor.last(1)).length === 1);
      await survivor.close();
    });
  }
  assert(states > 40, `${states} states`);
});

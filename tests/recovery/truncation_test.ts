/*
 * Goal: a segment that lost its end loses what was in there and nothing else,
 * and that is never mistaken for a crash where it cannot be one. Method: cut
 * every segment of a small log at every byte, and open it in each mode.
 */
import type { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { assertEquals, assertRejects } from "../kit/assert.ts";
import { checkKept, checkSalvage } from "../kit/check_salvage.ts";
import { test } from "../kit/register.ts";
import {
  assertTyped,
  LAST_LSN,
  lsnsWithout,
  makeSmallLog,
  readLog,
  type SmallLog,
  storageOf,
} from "../kit/small_log.ts";

const SEGMENTS = ["first", "middle", "last"];
const HEADER_BYTES = 64;

for (const closed of [true, false]) {
  const state = closed ? "a closed log" : "a log whose writer died";
  for (const [index, which] of SEGMENTS.entries()) {
    // Only the last segment tells the two apart.
    if (!closed && index < 2) continue;
    const what = `the ${which} segment of ${state}`;

    for (const recovery of ["tail", "strict"] as const) {
      test(`Wal.open() in mode ${recovery} survives every truncation of ${what}`, async () => {
        for await (const cut of everyCut(closed, index)) {
          const { size, lastLsn, isTorn } = cut;
          const reading = readLog(cut.storage(), { recovery });
          // A log that was closed, or continues, misses each of its records.
          const opens = closed
            ? lastLsn === cut.sealedLsn
            : size >= HEADER_BYTES && (recovery === "tail" || !isTorn);
          if (opens) {
            const last = index === 2 ? lastLsn : LAST_LSN;
            const whole = { lsns: lsnsWithout([], last), holes: [] };
            assertEquals(await reading, whole, `${size} bytes`);
          } else {
            const error = await assertRejects(() => reading);
            assertTyped(error, cut.log.segments[index].name);
          }
        }
      });
    }

    test(`salvageLog() keeps every whole frame after any truncation of ${what}`, async () => {
      for await (const cut of everyCut(closed, index)) {
        const { size, lastLsn, sealedLsn } = cut;
        const isLost = closed && lastLsn < sealedLsn;
        // All there is to check, for one length of four.
        const check = size % 4 === 0 ? checkSalvage : checkKept;
        await check(cut.storage(), {
          holes: isLost ? [[lastLsn + 1, sealedLsn]] : [],
          lastLsn: closed ? LAST_LSN : lastLsn,
          isDamaged: size < HEADER_BYTES || isLost,
        });
      }
    });
  }
}

interface Cut {
  log: SmallLog;
  size: number;
  /** LSN of the last record that is whole. */
  lastLsn: number;
  /** LSN of the last record that the segment had. */
  sealedLsn: number;
  /** Whether it ends inside a frame. */
  isTorn: boolean;
  storage(): MemoryStorage;
}

async function* everyCut(closed: boolean, index: number): AsyncGenerator<Cut> {
  const log = await makeSmallLog(closed);
  const { bytes, frames } = log.segments[index];
  const sealedLsn = Math.max(...frames.map(({ lastLsn }) => lastLsn));
  for (let size = 0; size < bytes.length; size++) {
    const whole = frames.filter(({ end }) => end <= size);
    const end = whole.at(-1)?.end ?? HEADER_BYTES;
    yield {
      log,
      size,
      lastLsn: whole.at(-1)?.lastLsn ?? frames[0].firstLsn - 1,
      sealedLsn,
      isTorn: size > end,
      storage: () => storageOf(log, index, bytes.slice(0, size)),
    };
  }
}

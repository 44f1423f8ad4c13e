/*
 * Goal: no flipped bit is believed, and none takes more than the frame that it
 * is in. Method: flip every bit of every segment of a small log, open it in
 * each mode, and compare with what the layout of the log says must happen.
 */
import { assertEquals, assertRejects } from "../kit/assert.ts";
import { checkKept, checkSalvage } from "../kit/check_salvage.ts";
import { test } from "../kit/register.ts";
import {
  assertTyped,
  LAST_LSN,
  lsnsWithout,
  makeSmallLog,
  readLog,
  type SmallFrame,
  type SmallLog,
  storageOf,
} from "../kit/small_log.ts";

const SEGMENTS = ["first", "middle", "last"];

for (const closed of [true, false]) {
  const state = closed ? "a closed log" : "a log whose writer died";
  for (const [index, which] of SEGMENTS.entries()) {
    // Only the last segment tells the two apart.
    if (!closed && index < 2) continue;
    const what = `the ${which} segment of ${state}`;

    for (const recovery of ["tail", "strict"] as const) {
      test(`Wal.open() in mode ${recovery} believes no flipped bit of ${what}`, async () => {
        for await (const flip of everyFlip(closed, index)) {
          // The modes differ in the last segment alone.
          if (recovery === "strict" && index < 2 && !flip.isOne) continue;
          const opens = flip.isUnread || (flip.isLast && recovery === "tail");
          const { name } = flip.log.segments[index];
          const reading = readLog(flip.storage(), { recovery });
          if (opens) {
            const last = flip.isLast ? LAST_LSN - 1 : LAST_LSN;
            const whole = { lsns: lsnsWithout([], last), holes: [] };
            assertEquals(await reading, whole, `bit ${flip.bit}`);
          } else {
            assertTyped(await assertRejects(() => reading), name);
          }
        }
      });
    }

    test(`salvageLog() loses one frame at most to a flipped bit of ${what}`, async () => {
      for await (const flip of everyFlip(closed, index)) {
        const { frame, isLast, isUnread } = flip;
        const hasHole = frame !== undefined &&
          frame.lastLsn >= frame.firstLsn &&
          !isLast;
        // All there is to check, for one bit of each byte.
        const check = flip.isOne ? checkSalvage : checkKept;
        await check(flip.storage(), {
          holes: hasHole ? [[frame.firstLsn, frame.lastLsn]] : [],
          lastLsn: isLast ? LAST_LSN - 1 : LAST_LSN,
          isDamaged: !isUnread && !isLast,
        });
      }
    });
  }
}

interface Flip {
  log: SmallLog;
  bit: number;
  /** The frame that the bit is in; none in the header. */
  frame: SmallFrame | undefined;
  /** Whether it is the bit of its byte that slow checks use. */
  isOne: boolean;
  /** Whether nothing after it distinguishes the damage from a torn end. */
  isLast: boolean;
  /** Whether nobody needs the bit: a seal's, which no record follows. */
  isUnread: boolean;
  storage(): ReturnType<typeof storageOf>;
}

async function* everyFlip(
  closed: boolean,
  index: number,
): AsyncGenerator<Flip> {
  const log = await makeSmallLog(closed);
  const { bytes, frames } = log.segments[index];
  // The document's reader stops at the last record where a segment follows.
  const end = frames.findLast(({ firstLsn, lastLsn }) => lastLsn >= firstLsn)!
    .end;
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const at = bit >> 3;
    const flipped = bytes.slice();
    flipped[at] ^= 1 << (bit & 7);
    const frame = frames.find(({ offset, end }) => offset <= at && at < end);
    yield {
      log,
      bit,
      frame,
      isOne: bit % 8 === at % 8,
      isLast: !closed && index === 2 && frame === frames.at(-1),
      isUnread: at >= end,
      storage: () => storageOf(log, index, flipped),
    };
  }
}

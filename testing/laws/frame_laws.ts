import assert from "node:assert/strict";
import { crc32 } from "../../storage/format/mod.ts";
import type { FrameLog } from "../../storage/frame_log.ts";
import { expectEqual } from "../contract/expect.ts";
import type { FrameLogLaw, FrameLogUnderTest } from "./frame_log_under_test.ts";

/** Frames of one record and of several. */
const COUNTS = [1, 3, 1, 1, 5, 2];
const LAST = COUNTS.reduce((sum, count) => sum + count, 0);

/** Appends those; returns the LSNs of the first and the last record. */
async function fill(
  trial: FrameLogUnderTest,
): Promise<{ first: number; last: number }> {
  await trial.append(...COUNTS);
  const { firstLsn: first, lastLsn: last } = trial.log;
  return { first, last };
}

/** Laws on what the methods of a frame log do. */
export const frameLaws: FrameLogLaw[] = [
  {
    name: "an empty log says where it begins",
    async check(trial) {
      const { firstLsn, lastLsn, syncedLsn = lastLsn } = trial.log;
      assert.ok(
        Number.isSafeInteger(firstLsn) && firstLsn > 0,
        `firstLsn: expected an integer of at least 1, found ${firstLsn}`,
      );
      expectEqual(lastLsn, firstLsn - 1, "lastLsn of an empty log");
      expectEqual(syncedLsn, lastLsn, "syncedLsn of an empty log");
      await trial.verify(firstLsn, lastLsn, "of an empty log");
    },
  },
  {
    name: "append() adds the records of a frame, and keeps no buffer",
    async check(trial) {
      const { firstLsn } = trial.log;
      await trial.append(...COUNTS);
      const last = firstLsn - 1 + LAST;
      await trial.verify(firstLsn, last, "after appends");
    },
  },
  {
    name: "append() takes frames of thousands of records, and large ones",
    async check(trial) {
      const { firstLsn } = trial.log;
      await trial.append(1, 5000, 1);
      await trial.verify(firstLsn, firstLsn + 5001, "after a large frame");
    },
  },
  {
    name: "sync() makes durable what was appended before",
    async check(trial) {
      await trial.append(2, 1);
      await trial.log.sync();
      const { lastLsn, syncedLsn = lastLsn } = trial.log;
      expectEqual(syncedLsn, lastLsn, "syncedLsn after a sync");
      await trial.append(1);
      const { syncedLsn: later = lastLsn } = trial.log;
      assert.ok(later >= lastLsn, `syncedLsn: ${lastLsn}, then ${later}`);
      await trial.log.sync();
      await trial.log.sync();
      const { syncedLsn: all = lastLsn + 1 } = trial.log;
      expectEqual(all, lastLsn + 1, "syncedLsn after another sync");
    },
  },
  {
    name: "checkOwner() succeeds while nobody else has taken over",
    async check(trial) {
      await trial.log.checkOwner();
      await trial.append(1);
      await trial.log.checkOwner();
    },
  },
  {
    name: "read() yields the records from one LSN to another, and no others",
    async check(trial) {
      const { first, last } = await fill(trial);
      for (let from = first; from <= last; from++) {
        for (let to = from; to <= last; to++) await trial.read(from, to);
      }
    },
  },
  {
    name: "read() may end early, and others go on",
    async check(trial) {
      const { first, last } = await fill(trial);
      const reads = [1, 2, 3].map(() => trial.log.read(first, last));
      await reads[0].return?.(undefined);
      for (const read of reads.slice(1)) await read.next();
      await reads[1].return?.(undefined);
      await reads[1].return?.(undefined);
      await trial.read(first, last);
      await reads[2].return?.(undefined);
    },
  },
  {
    name: "read() yields neither more nor less when frames are appended",
    async check(trial) {
      const { first, last } = await fill(trial);
      const before = trial.log.read(first, last);
      await trial.append(4, 1);
      await trial.readOn(before, first, last);
      await trial.read(last, last + 5);
    },
  },
  {
    name: "truncateBefore() drops the records below, and no others",
    async check(trial) {
      const { first, last } = await fill(trial);
      for (let lsn = first; lsn <= last; lsn++) {
        await trial.log.truncateBefore(lsn);
        await trial.verify(lsn, last, `after truncateBefore(${lsn})`);
      }
      await trial.log.truncateBefore(first);
      await trial.verify(last, last, "after one that drops nothing");
    },
  },
  {
    name: "truncateBefore() may drop everything, and LSNs go on",
    async check(trial) {
      const { last } = await fill(trial);
      await trial.log.truncateBefore(last + 1);
      await trial.verify(last + 1, last, "after all was dropped");
      await trial.append(2, 1);
      await trial.log.sync();
      await trial.verify(last + 1, last + 3, "after more appends");
    },
  },
  {
    name: "truncateBefore() during a read shows it no wrong record",
    async check(trial) {
      const { first, last } = await fill(trial);
      const whole = trial.log.read(first, last);
      const end = trial.log.read(last, last);
      await trial.log.truncateBefore(last);
      await trial.append(...COUNTS);
      await trial.readOnOrDropped(whole, first, last);
      await trial.readOn(end, last, last);
    },
  },
  {
    name: "close() keeps every record for the next opening",
    reopens: true,
    async check(trial) {
      const { first, last } = await fill(trial);
      await trial.reopen();
      await trial.verify(first, last, "after opening again");
      const { syncedLsn = last } = trial.log;
      expectEqual(syncedLsn, last, "syncedLsn after opening again");
      await trial.append(3);
      await trial.reopen();
      await trial.verify(first, last + 3, "after opening a third time");
    },
  },
  {
    name: "close(false) keeps what was synced",
    reopens: true,
    async check(trial) {
      const { first, last } = await fill(trial);
      await trial.log.sync();
      await trial.reopen(false);
      await trial.verify(first, last, "after opening again");
    },
  },
  {
    name: "an opening keeps what truncateBefore() dropped away",
    reopens: true,
    async check(trial) {
      const { last } = await fill(trial);
      await trial.log.truncateBefore(last - 1);
      await trial.reopen();
      await trial.verify(last - 1, last, "after opening again");
      await trial.log.truncateBefore(last + 1);
      await trial.reopen();
      await trial.verify(last + 1, last, "after opening an empty log");
      await trial.append(1);
      await trial.verify(last + 1, last + 1, "after one more append");
    },
  },
  {
    name: "sealedSegments(), if there is one, lists what no longer changes",
    async check(trial) {
      const { log } = trial;
      if (log.sealedSegments === undefined) return;
      await trial.append(1, 5000, 1);
      const before = await sealedOf(log);
      await trial.append(5000, 1);
      const after = await sealedOf(log);
      expectEqual(after.slice(0, before.length), before, "sealed segments");
      let { firstLsn: nextLsn } = log;
      for (const { firstLsn, lastLsn } of after) {
        expectEqual(firstLsn, nextLsn, "firstLsn of a sealed segment");
        const isIn = lastLsn >= firstLsn && lastLsn <= log.lastLsn;
        assert.ok(isIn, `lastLsn of a sealed segment: found ${lastLsn}`);
        const [found] = log.sealedSegments(lastLsn);
        expectEqual(found.lastLsn, lastLsn, `sealedSegments(${lastLsn})`);
        nextLsn = lastLsn + 1;
      }
      const { length } = log.sealedSegments(nextLsn);
      expectEqual(length, 0, `number of sealedSegments(${nextLsn})`);
    },
  },
];

/** The sealed segments of a log, with a checksum of their content. */
async function sealedOf(
  log: FrameLog,
): Promise<{ name: string; firstLsn: number; lastLsn: number }[]> {
  const found = [];
  for (const segment of log.sealedSegments!(1)) {
    const { name, firstLsn, lastLsn } = segment;
    let checksum = 0;
    for await (const piece of segment.read()) checksum = crc32(piece, checksum);
    found.push({ name, firstLsn, lastLsn, checksum });
  }
  return found;
}

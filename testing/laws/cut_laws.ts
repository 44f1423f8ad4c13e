import { expectBytes, expectEqual } from "../contract/expect.ts";
import type { FrameLogLaw, FrameLogUnderTest } from "./frame_log_under_test.ts";

/** Frames of one record and of several. */
const COUNTS = [1, 3, 1, 2, 4];

/** Laws on what only some frame logs have; others pass them. */
export const cutLaws: FrameLogLaw[] = [
  {
    name: "truncateAfter(), if there is one, drops what follows, and no more",
    async check(trial) {
      if (trial.log.truncateAfter === undefined) return;
      await trial.append(...COUNTS);
      const { firstLsn: first, lastLsn } = trial.log;
      let last = lastLsn;
      while (last >= first) {
        await trial.truncateAfter(--last);
        await trial.verify(first, last, `after truncateAfter(${last})`);
        await trial.append(2);
        await trial.verify(first, last + 2, "after more appends");
        await trial.truncateAfter(last);
        await trial.verify(first, last, "after the same again");
      }
      await trial.append(3);
      await trial.log.sync();
      await trial.verify(first, last + 3, "after a sync");
    },
  },
  {
    name: "truncateAfter() during a read shows it no wrong record",
    async check(trial) {
      if (trial.log.truncateAfter === undefined) return;
      await trial.append(...COUNTS);
      const { firstLsn: first, lastLsn: last } = trial.log;
      const kept = trial.log.read(first, first);
      const begun = trial.log.read(first, last);
      await trial.truncateAfter(first + 1);
      await trial.readOnOrDropped(begun, first, last);
      await trial.readOn(kept, first, first);
    },
  },
  {
    name: "an opening keeps what truncateAfter() dropped away",
    reopens: true,
    async check(trial) {
      if (trial.log.truncateAfter === undefined) return;
      const { firstLsn: first } = trial.log;
      for (const clean of [true, false]) {
        await trial.append(...COUNTS);
        await trial.truncateAfter(first + 1);
        await trial.reopen(clean);
        await trial.verify(first, first + 1, "after opening again");
        await trial.append(1);
        await trial.log.sync();
        await trial.reopen(clean);
        await trial.verify(first, first + 2, "after one more append");
      }
    },
  },
  {
    name: "markSynced(), if there is one, changes no record",
    async check(trial) {
      const { firstLsn: first } = trial.log;
      for (const count of COUNTS) {
        await trial.append(count);
        await trial.log.sync();
        await trial.log.markSynced?.();
        await trial.log.markSynced?.();
      }
      await trial.verify(first, trial.log.lastLsn, "after marks");
    },
  },
  {
    name: "metadata, if there are any, outlive all records",
    async check(trial) {
      if (trial.log.setMeta === undefined) return;
      expectEqual(trial.log.meta, undefined, "the metadata of a new log");
      await setMeta(trial, 1);
      await appendWithMeta(trial, 2);
      await trial.append(2);
      await appendWithMeta(trial, 4);
      await setMeta(trial, 3, 4);
      const { lastLsn } = trial.log;
      await trial.log.truncateBefore(lastLsn + 1);
      expectMeta(trial, 4, "after truncateBefore()");
      await trial.append(1);
      if (trial.log.truncateAfter !== undefined) {
        await trial.truncateAfter(lastLsn);
      }
      expectMeta(trial, 4, "after truncateAfter()");
    },
  },
  {
    name: "an opening keeps the metadata",
    reopens: true,
    async check(trial) {
      if (trial.log.setMeta === undefined) return;
      for (let version = 1; version <= 7; version += 2) {
        await setMeta(trial, version);
        await trial.reopen();
        expectMeta(trial, version, "after opening again");
        await appendWithMeta(trial, version + 1);
        await trial.log.sync();
        await trial.append(1);
        await trial.reopen(false);
        expectMeta(trial, version + 1, "after an end without a close");
      }
    },
  },
];

function metaOf(version: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(version * 5).fill(version);
}

/** Sets metadata; `counts` is the version that then counts. */
async function setMeta(
  trial: FrameLogUnderTest,
  version: number,
  counts = version,
): Promise<void> {
  await trial.log.setMeta!({ version, bytes: metaOf(version) });
  expectMeta(trial, counts, `after setMeta() of version ${version}`);
}

/** Appends a frame of one record and metadata. */
async function appendWithMeta(
  trial: FrameLogUnderTest,
  version: number,
): Promise<void> {
  const draft = trial.draft(1);
  const { lastLsn } = draft;
  draft.end({ version, bytes: metaOf(version) });
  await trial.log.append(draft);
  expectEqual(trial.log.lastLsn, lastLsn, "lastLsn after metadata");
  expectMeta(trial, version, `after a frame with version ${version}`);
  await trial.read(lastLsn, lastLsn);
}

function expectMeta(
  { log: { meta } }: FrameLogUnderTest,
  version: number,
  when: string,
): void {
  expectEqual(meta?.version, version, `version of the metadata ${when}`);
  expectBytes(meta!.bytes, metaOf(version), `the metadata ${when}`);
}

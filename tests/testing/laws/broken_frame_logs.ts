import {
  CompactedError,
  type FrameDraft,
  type RecordBatch,
  type SealedSegment,
} from "../../../storage/frame_log.ts";
import type { LogMeta } from "../../../storage/format/log_meta.ts";
import { type ArrayDisk, ArrayFrameLog } from "../../kit/array_frame_log.ts";

type LogClass = new (disk?: ArrayDisk) => ArrayFrameLog;

/** How a log is broken, the law that has to find it, and the log. */
export const brokenFrameLogs: readonly (readonly [string, string, LogClass])[] =
  [
    [
      "an empty log ends somewhere else",
      "an empty log says where it begins",
      class extends ArrayFrameLog {
        override get lastLsn() {
          return this.disk.lastLsn || 1;
        }
      },
    ],
    [
      "append() keeps the buffer of its caller",
      "append() adds the records of a frame, and keeps no buffer",
      class extends ArrayFrameLog {
        override append({ firstLsn, count, buffer, length }: FrameDraft) {
          super.append({ firstLsn, count, buffer, length });
          const { records, ...rest } = this.disk.frames.pop()!;
          let at = 48;
          const kept = [...records].map((record) => {
            at += 4 + record.length;
            return buffer.subarray(at - record.length, at) as typeof record;
          });
          this.disk.frames.push({ ...rest, records: kept });
        }
      },
    ],
    [
      "append() leaves empty records out",
      "append() adds the records of a frame, and keeps no buffer",
      class extends ArrayFrameLog {
        override append(frame: FrameDraft) {
          super.append(frame);
          const { records, ...rest } = this.disk.frames.pop()!;
          const kept = [...records].filter(({ length }) => length > 0);
          this.disk.frames.push({ ...rest, records: kept });
        }
      },
    ],
    [
      "append() takes 1000 records at most",
      "append() takes frames of thousands of records, and large ones",
      class extends ArrayFrameLog {
        override append(frame: FrameDraft) {
          super.append({ ...frame, count: Math.min(1000, frame.count) });
        }
      },
    ],
    [
      "sync() covers all but the last frame",
      "sync() makes durable what was appended before",
      class extends ArrayFrameLog {
        override sync() {
          this.disk.syncedLsn = this.disk.lastLsn - 1;
        }
      },
    ],
    [
      "checkOwner() fails after an append",
      "checkOwner() succeeds while nobody else has taken over",
      class extends ArrayFrameLog {
        override checkOwner() {
          if (this.disk.lastLsn > 0) throw new Error("fenced");
        }
      },
    ],
    [
      "read() begins with the whole frame",
      "read() yields the records from one LSN to another, and no others",
      class extends ArrayFrameLog {
        override *read(from: number, to: number): Generator<RecordBatch> {
          for (const frame of this.disk.frames) {
            const last = frame.firstLsn + [...frame.records].length - 1;
            if (last >= from && frame.firstLsn <= to) yield frame;
          }
        }
      },
    ],
    [
      "read() shows times that go back",
      "append() adds the records of a frame, and keeps no buffer",
      class extends ArrayFrameLog {
        override *read(from: number, to: number) {
          for (const batch of super.read(from, to)) {
            yield { ...batch, time: 100 - batch.firstLsn };
          }
        }
      },
    ],
    [
      "read() shares its place among all reads",
      "read() may end early, and others go on",
      class extends ArrayFrameLog {
        #shared: Generator<RecordBatch> | undefined;
        override read(from: number, to: number) {
          return this.#shared ??= super.read(from, to);
        }
      },
    ],
    [
      "read() goes on into frames that are appended meanwhile",
      "read() yields neither more nor less when frames are appended",
      class extends ArrayFrameLog {
        override read(from: number, to: number) {
          const isWhole = to === this.disk.lastLsn;
          const read = () => super.read(from, isWhole ? this.disk.lastLsn : to);
          return (function* () {
            yield* read();
          })();
        }
      },
    ],
    [
      "truncateBefore() drops whole frames only",
      "truncateBefore() drops the records below, and no others",
      class extends ArrayFrameLog {
        override truncateBefore(lsn: number) {
          const { frames } = this.disk;
          const frame = frames.findLast(({ firstLsn }) => firstLsn <= lsn);
          return super.truncateBefore(frame?.firstLsn ?? lsn);
        }
      },
    ],
    [
      "truncateBefore() brings records back",
      "truncateBefore() drops the records below, and no others",
      class extends ArrayFrameLog {
        // deno-lint-ignore require-await
        override async truncateBefore(lsn: number) {
          this.disk.firstLsn = lsn;
        }
      },
    ],
    [
      "truncateBefore() of everything begins again",
      "truncateBefore() may drop everything, and LSNs go on",
      class extends ArrayFrameLog {
        override async truncateBefore(lsn: number) {
          await super.truncateBefore(lsn);
          if (lsn <= this.disk.lastLsn) return;
          Object.assign(this.disk, { firstLsn: 1, lastLsn: 0, frames: [] });
        }
      },
    ],
    [
      "read() shows what came in place of a record that was dropped",
      "truncateBefore() during a read shows it no wrong record",
      class extends ArrayFrameLog {
        override *read(from: number, to: number) {
          const kept = Math.max(from, this.firstLsn);
          for (const batch of super.read(kept, to)) {
            yield { ...batch, firstLsn: batch.firstLsn - kept + from };
          }
        }
      },
    ],
    [
      "close() forgets the last frame",
      "close() keeps every record for the next opening",
      class extends ArrayFrameLog {
        override close(clean: boolean) {
          const lost = this.disk.frames.pop();
          if (lost !== undefined) this.disk.lastLsn = lost.firstLsn - 1;
          return super.close(clean);
        }
      },
    ],
    [
      "close(false) forgets what was synced",
      "close(false) keeps what was synced",
      class extends ArrayFrameLog {
        override close(clean: boolean) {
          if (!clean) Object.assign(this.disk, { lastLsn: 0, frames: [] });
          return super.close(clean);
        }
      },
    ],
    [
      "an opening brings back what was dropped",
      "an opening keeps what truncateBefore() dropped away",
      class extends ArrayFrameLog {
        constructor(disk?: ArrayDisk) {
          super(disk);
          this.disk.firstLsn = 1;
        }
      },
    ],
    [
      "read() ends after 40 records",
      "a Wal appends in order, and reads back what it acknowledged",
      class extends ArrayFrameLog {
        override read(from: number, to: number) {
          return super.read(from, Math.min(to, from + 39));
        }
      },
    ],
    [
      "read() of a single record finds the last one only",
      "Wal.get() finds each record, or says why not",
      class extends ArrayFrameLog {
        override *read(from: number, to: number) {
          if (from === to && to < this.disk.lastLsn) {
            throw new CompactedError(from, this.disk.lastLsn);
          }
          yield* super.read(from, to);
        }
      },
    ],
    [
      "the third opening loses a record",
      "a Wal holds what a model holds, whatever is done with it",
      class extends ArrayFrameLog {
        constructor(disk?: ArrayDisk) {
          super(disk);
          const counted = this.disk as ArrayDisk & { openings?: number };
          counted.openings = (counted.openings ?? 0) + 1;
          if (counted.openings === 4) this.disk.lastLsn--;
        }
      },
    ],
    [
      "truncateAfter() leaves a record too many",
      "truncateAfter(), if there is one, drops what follows, and no more",
      class extends ArrayFrameLog {
        override async truncateAfter(lsn: number) {
          const { lastLsn } = this;
          await super.truncateAfter(Math.min(lsn + 1, lastLsn));
        }
      },
    ],
    [
      "truncateAfter() brings back the records that it drops",
      "truncateAfter(), if there is one, drops what follows, and no more",
      class extends ArrayFrameLog {
        // deno-lint-ignore require-await
        override async truncateAfter(lsn: number) {
          this.disk.lastLsn = this.disk.syncedLsn = lsn;
        }
      },
    ],
    [
      "a read goes on beyond a cut, with what is there now",
      "truncateAfter() during a read shows it no wrong record",
      class extends ArrayFrameLog {
        override *read(from: number, to: number) {
          yield* super.read(from, Math.min(to, this.lastLsn));
        }
      },
    ],
    [
      "an opening has the records again that were cut off",
      "an opening keeps what truncateAfter() dropped away",
      class extends ArrayFrameLog {
        constructor(disk?: ArrayDisk) {
          super(disk);
          const { frames } = this.disk;
          const count = frames.reduce(
            (sum, one) => sum + one.records.length,
            0,
          );
          this.disk.lastLsn = Math.max(this.disk.lastLsn, count);
        }

        // deno-lint-ignore require-await
        override async truncateAfter(lsn: number) {
          this.disk.lastLsn = this.disk.syncedLsn = lsn;
        }
      },
    ],
    [
      "markSynced() takes an LSN",
      "markSynced(), if there is one, changes no record",
      class extends ArrayFrameLog {
        override markSynced() {
          this.disk.lastLsn++;
        }
      },
    ],
    [
      "metadata go back to an older version",
      "metadata, if there are any, outlive all records",
      class extends ArrayFrameLog {
        override async setMeta(meta: LogMeta) {
          this.disk.meta = undefined;
          await super.setMeta(meta);
        }
      },
    ],
    [
      "an opening forgets the metadata",
      "an opening keeps the metadata",
      class extends ArrayFrameLog {
        constructor(disk?: ArrayDisk) {
          super(disk);
          this.disk.meta = undefined;
        }
      },
    ],
    [
      "sealedSegments() lists the segment that is written to",
      "sealedSegments(), if there is one, lists what no longer changes",
      class extends ArrayFrameLog {
        sealedSegments(): SealedSegment[] {
          const { firstLsn, lastLsn, disk } = this;
          return [{
            ...{ name: "a segment", firstLsn, lastLsn, bytes: 1 },
            async *read() {
              yield new Uint8Array(disk.frames.length);
            },
          }];
        }
      },
    ],
  ];

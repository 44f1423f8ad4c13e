import { FRAME_HEADER_BYTES } from "../../storage/format/frame.ts";
import {
  CompactedError,
  type FrameDraft,
  type FrameLog,
  type RecordBatch,
  TruncatedError,
} from "../../storage/frame_log.ts";
import { type LogMeta, newerMeta } from "../../storage/format/log_meta.ts";
import type { FrameLogPlace } from "../../testing/laws/frame_log_under_test.ts";

/** What outlives a log. */
export interface ArrayDisk {
  frames: RecordBatch[];
  firstLsn: number;
  lastLsn: number;
  syncedLsn: number;
  meta?: LogMeta | undefined;
}

/** The simplest frame log that can be opened again: an array of frames. */
export class ArrayFrameLog implements FrameLog {
  readonly disk: ArrayDisk;

  /** Continues where `disk` ends. */
  constructor(
    disk: ArrayDisk = { frames: [], firstLsn: 1, lastLsn: 0, syncedLsn: 0 },
  ) {
    this.disk = disk;
  }

  get firstLsn(): number {
    return this.disk.firstLsn;
  }

  get lastLsn(): number {
    return this.disk.lastLsn;
  }

  get syncedLsn(): number {
    return this.disk.syncedLsn;
  }

  get meta(): LogMeta | undefined {
    return this.disk.meta;
  }

  append({ firstLsn, count, buffer, meta }: FrameDraft): void | Promise<void> {
    const view = new DataView(buffer.buffer, buffer.byteOffset);
    const records: Uint8Array<ArrayBuffer>[] = [];
    let at = FRAME_HEADER_BYTES;
    for (let index = 0; index < count; index++) {
      const end = at + 4 + view.getUint32(at, true);
      records.push(Uint8Array.from(buffer.subarray(at + 4, end)));
      at = end;
    }
    const time = this.disk.lastLsn;
    this.disk.frames.push({ firstLsn, records, time });
    this.disk.lastLsn += count;
    this.disk.meta = newerMeta(this.disk.meta, meta);
  }

  sync(): void {
    this.disk.syncedLsn = this.disk.lastLsn;
  }

  checkOwner(): void {}

  *read(from: number, to: number): Generator<RecordBatch> {
    for (const { firstLsn, records, time } of this.disk.frames) {
      if (from < this.firstLsn) throw new CompactedError(from, this.firstLsn);
      if (to > this.lastLsn) throw new TruncatedError(to, this.lastLsn);
      const skip = Math.max(0, from - firstLsn);
      const part = [...records].slice(skip, Math.max(0, to + 1 - firstLsn));
      if (part.length === 0) continue;
      yield { firstLsn: firstLsn + skip, records: part, time };
    }
  }

  // deno-lint-ignore require-await
  async truncateBefore(lsn: number): Promise<void> {
    this.disk.firstLsn = Math.max(this.disk.firstLsn, lsn);
  }

  // deno-lint-ignore require-await
  async truncateAfter(lsn: number): Promise<void> {
    const { disk } = this;
    disk.frames = disk.frames.map(({ firstLsn, records, ...rest }) => ({
      firstLsn,
      records: [...records].slice(0, Math.max(0, lsn + 1 - firstLsn)),
      ...rest,
    }));
    disk.lastLsn = disk.syncedLsn = Math.min(disk.lastLsn, lsn);
  }

  markSynced(): void {}

  // deno-lint-ignore require-await
  async setMeta(meta: LogMeta): Promise<void> {
    this.disk.meta = newerMeta(this.disk.meta, meta);
  }

  // deno-lint-ignore require-await
  async close(clean: boolean): Promise<void> {
    if (clean) this.sync();
  }
}

/** A place for the laws, with a log of this class or of one that extends it. */
export function arrayPlace(
  Log: new (disk?: ArrayDisk) => ArrayFrameLog = ArrayFrameLog,
): FrameLogPlace & { readonly log: ArrayFrameLog } {
  const log = new Log();
  return { log, reopen: () => new Log(log.disk) };
}

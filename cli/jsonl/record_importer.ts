import {
  MAX_FRAME_BYTES,
  RECORD_HEADER_BYTES,
} from "../../storage/format/mod.ts";
import type { SegmentLog } from "../../storage/segments/mod.ts";
import { Batch } from "../../writer/batch.ts";
import { formatRange, formatRecords } from "../io/format.ts";
import type { Acked } from "../append/ack_tracker.ts";
import { BadLineError, type ExportedLine } from "./parse_line.ts";

/** What to do with records whose LSN is not the next one. */
export interface ImportRules {
  /** Leaves out records that the log has already. */
  readonly resume: boolean;
  /** Makes a hole of records that are missing. */
  readonly allowGaps: boolean;
  /** Gives each record the next LSN, whatever its line says. */
  readonly renumber: boolean;
}

/** A log that is imported into, and the time of the frames it writes. */
export interface ImportTarget {
  readonly log: SegmentLog;
  /** Sets the time of the next frame, in ms since 1970. */
  setTime(time: number): void;
}

/** A batch of which some lines have been read. */
interface OpenBatch {
  readonly frame: Batch;
  readonly time: number | undefined;
  /** The number of its first line. */
  readonly line: number;
  /** Number of its lines that are still to come. */
  missing: number;
}

/** How much is written before a sync. */
const SYNC_BYTES = 8 * 1024 * 1024;

/**
 * Writes the lines of an export to a log, frame by frame as they were, with
 * their times and holes, which appends cannot reproduce. It keeps at most one
 * frame in memory.
 */
export class RecordImporter {
  readonly #log: SegmentLog;
  readonly #target: ImportTarget;
  readonly #rules: ImportRules;
  #open: OpenBatch | undefined;
  #buffer: Uint8Array<ArrayBuffer> | undefined;
  #written: Acked = { firstLsn: 0, lastLsn: 0, records: 0, bytes: 0 };
  #acked = this.#written;
  /** Bytes that are written but not synced. */
  #unsyncedBytes = 0;
  /** Number of lost records that became holes, or were left out. */
  lost = 0;
  /** Number of records left out because the log had them. */
  skipped = 0;

  /** Continues at the end of a log. */
  constructor(target: ImportTarget, rules: ImportRules) {
    this.#target = target;
    this.#log = target.log;
    this.#rules = rules;
  }

  /** What is durable. */
  get acked(): Acked {
    return this.#acked;
  }

  /** Adds the record, or the loss, on line number `line`. */
  async add(exported: ExportedLine, line: number): Promise<void> {
    const { data, lost = 1 } = exported;
    const left = this.#rules.renumber
      ? lost
      : await this.#reach(exported, lost, line);
    if (data === undefined) {
      return await this.#skip(left, line, exported.time);
    }
    if (left > 0) await this.#addRecord(exported, data, line);
  }

  /** Refuses to end within a batch. */
  requireWhole(): void {
    if (this.#open === undefined) return;
    const { line, missing } = this.#open;
    throw new BadLineError(
      line,
      `the input ends ${formatRecords(missing)} before its batch does; ` +
        "nothing of the batch was imported",
    );
  }

  /** Makes durable what is written. */
  async sync(): Promise<void> {
    if (this.#unsyncedBytes > 0) {
      await this.#log.sync();
      await this.#log.checkOwner();
    }
    this.#unsyncedBytes = 0;
    this.#acked = this.#written;
  }

  /** LSN of the next record. */
  get #nextLsn(): number {
    const { lastLsn } = this.#open?.frame ?? this.#log;
    return lastLsn + 1;
  }

  /**
   * Makes the LSN of a line the next one, if the rules allow that; resolves
   * with how many of its `lsns` the log does not have.
   */
  async #reach(
    { lsn = this.#nextLsn }: ExportedLine,
    lsns: number,
    line: number,
  ): Promise<number> {
    const next = this.#nextLsn;
    if (lsn < next) {
      if (!this.#rules.resume || this.#open !== undefined) {
        throw new BadLineError(
          line,
          `record ${lsn} is out of order: the next one is ${next}. --resume ` +
            "leaves out what the log has, --renumber ignores the LSNs of the " +
            "input",
        );
      }
      const known = Math.min(lsns, next - lsn);
      this.skipped += known;
      return lsns - known;
    }
    if (lsn > next) {
      const missing = formatRange(next, lsn - 1);
      if (!this.#rules.allowGaps || this.#open !== undefined) {
        throw new BadLineError(
          line,
          `a gap precedes record ${lsn}: ${missing} is missing. --allow-gaps ` +
            "makes a hole of it, unless it is in a batch; --renumber closes it",
        );
      }
      await this.#skip(lsn - next, line);
    }
    return lsns;
  }

  /** Makes a hole; without a time, it has that of the frame before it. */
  async #skip(lost: number, line: number, time?: number): Promise<void> {
    if (lost === 0) return;
    if (this.#open !== undefined) {
      throw new BadLineError(line, "records are lost in the middle of a batch");
    }
    this.lost += lost;
    if (this.#rules.renumber) return;
    if (!Number.isSafeInteger(this.#log.lastLsn + lost)) {
      throw new BadLineError(line, `no LSN is left after ${lost} lost records`);
    }
    if (time !== undefined) this.#target.setTime(time);
    // It syncs what is written, and is synced itself.
    await this.#log.skip(lost);
    await this.#log.checkOwner();
    this.#unsyncedBytes = 0;
    this.#acked = this.#written;
  }

  async #addRecord(
    { batch = 1, time }: ExportedLine,
    data: Uint8Array,
    line: number,
  ): Promise<void> {
    if (this.#open !== undefined && batch > 1) {
      throw new BadLineError(
        line,
        `a batch begins within that of line ${this.#open.line}`,
      );
    }
    if (!Number.isSafeInteger(this.#nextLsn)) {
      throw new BadLineError(line, "no LSN is left for it");
    }
    this.#open ??= {
      frame: new Batch(this.#nextLsn, MAX_FRAME_BYTES, this.#buffer),
      ...{ time, line, missing: batch },
    };
    const { frame } = this.#open;
    const size = data.length + RECORD_HEADER_BYTES;
    if (frame.length + size > MAX_FRAME_BYTES) {
      throw new BadLineError(
        line,
        `its batch has more than ${MAX_FRAME_BYTES} bytes, counting ` +
          `${RECORD_HEADER_BYTES} more per record`,
      );
    }
    frame.add(data, size);
    await this.#count(this.#open);
  }

  /** Counts a line of a batch; writes the batch if that was the last one. */
  async #count(open: OpenBatch): Promise<void> {
    if (--open.missing > 0) return;
    this.#open = undefined;
    const { frame, time } = open;
    this.#buffer = frame.buffer;
    this.#target.setTime(time ?? Date.now());
    await this.#log.append(frame);
    const { firstLsn, records, bytes } = this.#written;
    const { count, length } = frame;
    this.#written = {
      firstLsn: firstLsn || frame.firstLsn,
      lastLsn: frame.lastLsn,
      records: records + count,
      bytes: bytes + length - count * RECORD_HEADER_BYTES,
    };
    this.#unsyncedBytes += length;
    if (this.#unsyncedBytes >= SYNC_BYTES) await this.sync();
  }
}

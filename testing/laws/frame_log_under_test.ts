import assert from "node:assert/strict";
import {
  type BatchSource,
  CompactedError,
  type FrameLog,
  TruncatedError,
} from "../../storage/frame_log.ts";
import type { MaybePromise } from "../../storage/storage.ts";
import { Batch } from "../../writer/batch.ts";
import { measureRecord } from "../../writer/record.ts";
import { expectBytes, expectEqual } from "../contract/expect.ts";

/** A frame log under test, and what the tests need in order to use it. */
export interface FrameLogPlace {
  /** The log: open, and without records. */
  readonly log: FrameLog;
  /**
   * Opens the log again, after it was closed. Absent if it cannot be opened
   * again; then nothing about that is tested.
   */
  reopen?(): MaybePromise<FrameLog>;
  /** Called at the end, when the log is closed: removes what is left. */
  dispose?(): MaybePromise<void>;
}

/** A rule for frame logs, and its check. */
export interface FrameLogLaw {
  /** What is true of a log that follows the rule. */
  readonly name: string;
  /** Whether it needs a log that can be opened again. */
  readonly reopens?: true;
  /** Rejects if the log breaks the rule. */
  check(trial: FrameLogUnderTest): Promise<void>;
}

/** Sizes of records in turn; among them none, one, and an odd number. */
const SIZES = [7, 0, 300, 1, 64, 2000];

/**
 * The content of the record `lsn`, unlike that of its neighbors, and of records
 * that had its LSN before a cut.
 */
export function recordOf(lsn: number, cuts = 0): Uint8Array {
  const size = SIZES[(lsn + cuts) % SIZES.length];
  const first = lsn * 31 + cuts * 17;
  return Uint8Array.from({ length: size }, (_, index) => first + index);
}

/** A frame log whose records have a content that follows from their LSNs. */
export class FrameLogUnderTest {
  /** The log that is open now. */
  log: FrameLog;
  /** A seed for what is drawn. */
  readonly seed: number;
  readonly #place: FrameLogPlace;
  #isOpen = true;
  #cuts = 0;
  /** How many cuts there had been, for records appended after one. */
  readonly #cutsBefore = new Map<number, number>();

  /** Makes no calls yet. */
  constructor(place: FrameLogPlace, seed: number) {
    this.#place = place;
    this.log = place.log;
    this.seed = seed;
  }

  /** Appends frames with as many records as `counts` say. */
  async append(...counts: number[]): Promise<void> {
    for (const count of counts) {
      const { lastLsn } = this.log;
      const frame = this.draft(count);
      await this.log.append(frame);
      // The writer uses the buffer for other frames from here on.
      frame.buffer.fill(0xee);
      const what = `lastLsn after a frame of ${count} records`;
      expectEqual(this.log.lastLsn, lastLsn + count, what);
    }
  }

  /** The next frame, laid out as the writer does it. */
  draft(count: number): Batch {
    const frame = new Batch(this.log.lastLsn + 1, 64 * 1024);
    for (let index = 0; index < count; index++) {
      const lsn = frame.firstLsn + index;
      this.#cutsBefore.set(lsn, this.#cuts);
      const record = this.#recordOf(lsn);
      frame.add(record, measureRecord(record));
    }
    return frame;
  }

  /** Drops the records after `lsn`; those appended later differ from them. */
  async truncateAfter(lsn: number): Promise<void> {
    await this.log.truncateAfter!(lsn);
    this.#cuts++;
    expectEqual(this.log.lastLsn, lsn, `lastLsn after truncateAfter(${lsn})`);
  }

  #recordOf(lsn: number): Uint8Array {
    return recordOf(lsn, this.#cutsBefore.get(lsn));
  }

  /** Reads `from` to `to`, and holds every record against what it must be. */
  async read(from: number, to: number): Promise<void> {
    await this.readOn(this.log.read(from, to), from, to);
  }

  /** The same with a read that was begun. */
  async readOn(read: BatchSource, from: number, to: number): Promise<void> {
    let next = from;
    let time = 0;
    for (;;) {
      const { value: batch, done } = await read.next();
      if (done) break;
      const what = `a read from ${from} to ${to}`;
      expectEqual(batch.firstLsn, next, `${what}, the next LSN`);
      expectEqual(batch.lost ?? 0, 0, `${what}, records lost`);
      for (const record of batch.records) {
        const expected = this.#recordOf(next);
        expectBytes(record, expected, `${what}, record ${next}`);
        next++;
      }
      assert.ok(next - 1 <= to, `${what}: found record ${next - 1}`);
      const { time: at = time } = batch;
      assert.ok(
        at >= time,
        `${what}: expected a time from ${time}, found ${at}`,
      );
      time = at;
    }
    expectEqual(next - 1, to, `a read from ${from} to ${to}, its last LSN`);
  }

  /**
   * The same, except that the log may have dropped what it reads; then it has
   * to say so.
   */
  async readOnOrDropped(
    read: BatchSource,
    from: number,
    to: number,
  ): Promise<void> {
    try {
      await this.readOn(read, from, to);
    } catch (error) {
      const isDropped = error instanceof CompactedError ||
        error instanceof TruncatedError;
      if (!isDropped) throw error;
    } finally {
      await read.return?.(undefined);
    }
  }

  /** Holds the whole log against what it must be. */
  async verify(firstLsn: number, lastLsn: number, when: string): Promise<void> {
    const { log } = this;
    expectEqual(log.firstLsn, firstLsn, `firstLsn ${when}`);
    expectEqual(log.lastLsn, lastLsn, `lastLsn ${when}`);
    if (lastLsn >= firstLsn) await this.read(firstLsn, lastLsn);
  }

  /** Closes the log and opens it again. */
  async reopen(clean = true): Promise<void> {
    await this.close(clean);
    this.log = await this.#place.reopen!();
    this.#isOpen = true;
  }

  /** Closes the log; the second call does nothing. */
  async close(clean: boolean): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.log.close(clean);
  }

  /** The log, which somebody else closes. */
  handOver(): FrameLog {
    this.#isOpen = false;
    return this.log;
  }

  /** Opens the log again after somebody else has closed it. */
  async takeBack(): Promise<void> {
    this.log = await this.#place.reopen!();
    this.#isOpen = true;
  }

  /** Whether the log can be opened again. */
  get canReopen(): boolean {
    return this.#place.reopen !== undefined;
  }
}

import type { FlushReport } from "../policies/batch_policy.ts";
import { FLUSH_REASONS } from "./event_line.ts";
import type {
  TracedAppend,
  TraceEvent,
  TraceFlush,
  TraceTurn,
} from "./trace_event.ts";

/** Room for 16,384 appends, in 512 KiB. */
const CAPACITY = 65_536;

/** An append is an instant, its records, their bytes, and its link. */
const APPEND_NUMBERS = 4;

/** A flush has this in place of an instant, followed by nine numbers. */
const FLUSH = NaN;
const FLUSH_NUMBERS = 10;

/** The end of a turn has this in place of an instant, and how long it took. */
const TURN_END = -1;
const TURN_END_NUMBERS = 2;

/** Events as numbers, one after another; those that do not fit are counted. */
export class EventBuffer {
  readonly #numbers = new Float64Array(CAPACITY);
  #used = 0;
  #lostAppends = 0;
  #lostFlushes = 0;
  /** Appends and flushes that wait to be taken. */
  events = 0;

  /** Notes an append; `after` is as in `TracedAppend`, or 0. */
  addAppend(at: number, records: number, bytes: number, after: number): void {
    if (this.#isFull(APPEND_NUMBERS)) {
      this.#lostAppends++;
      return;
    }
    const numbers = this.#numbers;
    numbers[this.#used++] = at;
    numbers[this.#used++] = records;
    numbers[this.#used++] = bytes;
    numbers[this.#used++] = after;
    this.events++;
  }

  /** Notes how long the turn of the last append or flush took. */
  addTurnEnd(tookMs: number): void {
    if (this.#used + TURN_END_NUMBERS > CAPACITY) return;
    this.#numbers[this.#used++] = TURN_END;
    this.#numbers[this.#used++] = tookMs;
  }

  /** Notes a flush. */
  addFlush(flush: FlushReport): void {
    if (this.#isFull(FLUSH_NUMBERS)) {
      this.#lostFlushes++;
      return;
    }
    const numbers = this.#numbers;
    numbers[this.#used++] = FLUSH;
    numbers[this.#used++] = FLUSH_REASONS.indexOf(flush.reason);
    numbers[this.#used++] = flush.records;
    numbers[this.#used++] = flush.bytes;
    numbers[this.#used++] = flush.firstLsn;
    numbers[this.#used++] = flush.lastLsn;
    numbers[this.#used++] = flush.oldestAt;
    numbers[this.#used++] = flush.startedAt;
    numbers[this.#used++] = flush.writtenAt;
    numbers[this.#used++] = flush.endedAt;
    this.events++;
  }

  /**
   * Empties the buffer; returns its events, and a count of those that were
   * lost.
   */
  take(): TraceEvent[] {
    const events: TraceEvent[] = [];
    for (let index = 0; index < this.#used;) {
      if (Number.isNaN(this.#numbers[index])) {
        const flush = this.#flushAt(index);
        events.push(flush);
        index += FLUSH_NUMBERS;
        if (flush.tookMs !== undefined) index += TURN_END_NUMBERS;
      } else if (this.#numbers[index] === TURN_END) {
        // The turn itself was taken before it ended.
        index += TURN_END_NUMBERS;
      } else {
        const turn = this.#turnAt(index);
        events.push(turn);
        index += turn.appends.length * APPEND_NUMBERS;
        if (turn.tookMs !== undefined) index += TURN_END_NUMBERS;
      }
    }
    if (this.#lostAppends + this.#lostFlushes > 0) {
      const appends = this.#lostAppends;
      events.push({ kind: "gap", appends, flushes: this.#lostFlushes });
    }
    this.#used = 0;
    this.#lostAppends = 0;
    this.#lostFlushes = 0;
    this.events = 0;
    return events;
  }

  /** Once an event is lost, nothing more is noted, so a gap is in one place. */
  #isFull(numbers: number): boolean {
    return this.#lostAppends + this.#lostFlushes > 0 ||
      this.#used + numbers > CAPACITY;
  }

  #turnAt(first: number): TraceTurn {
    const numbers = this.#numbers;
    const at = numbers[first];
    const appends: TracedAppend[] = [];
    let index = first;
    while (index < this.#used && numbers[index] === at) {
      const [records, bytes] = [numbers[index + 1], numbers[index + 2]];
      const after = numbers[index + 3];
      appends.push(after > 0 ? { records, bytes, after } : { records, bytes });
      index += APPEND_NUMBERS;
    }
    return { kind: "turn", at, appends, ...this.#tookAt(index) };
  }

  #flushAt(index: number): TraceFlush {
    const numbers = this.#numbers.subarray(index + 1, index + FLUSH_NUMBERS);
    const [reason, records, bytes, firstLsn, lastLsn, ...instants] = numbers;
    const [oldestAt, startedAt, writtenAt, endedAt] = instants;
    return {
      kind: "flush",
      flush: {
        reason: FLUSH_REASONS[reason],
        ...{ records, bytes, firstLsn, lastLsn },
        ...{ oldestAt, startedAt, writtenAt, endedAt },
      },
      ...this.#tookAt(index + FLUSH_NUMBERS),
    };
  }

  #tookAt(index: number): { tookMs?: number } {
    if (index >= this.#used || this.#numbers[index] !== TURN_END) return {};
    return { tookMs: this.#numbers[index + 1] };
  }
}

import type { FlushReport, PendingBatch } from "./batch_policy.ts";

/** Records that arrived together, or nearly so. */
export interface ArrivedRecords {
  /** The instant, in ms on the log's clock. */
  readonly at: number;
  /** How many records. */
  readonly records: number;
}

/** A batch's arrivals, as far as a policy can see them. */
export interface Arrivals {
  /** Records in the batch when it could first have been flushed. */
  readonly ready: number;
  /** All arrivals, in order. */
  readonly arrived: ArrivedRecords[];
}

/** Steps that stand for arrivals of which only the ends are known. */
const STEPS = 8;

/**
 * How early the arrivals between the ends are assumed to be; 1 means evenly.
 * Callers acknowledged together return early in the next flush, not late.
 */
const EARLY = 1.3;

/** Beyond this many, arrivals during a wait are merged. */
const MOST_SEEN = 64;

/**
 * Notes when records arrive, from the batches that a policy is asked about.
 * Notes change no answer: they are read only when the batch is flushed.
 */
export class ArrivalsSeen {
  #oldestAt = NaN;
  #ready = 0;
  #records = 0;
  #newestAt = 0;
  #arrived: ArrivedRecords[] = [];

  /** Notes what is new in a batch. */
  note({ oldestAt, newestAt, records }: PendingBatch): void {
    if (oldestAt !== this.#oldestAt || records < this.#records) {
      this.#oldestAt = oldestAt;
      this.#ready = records;
      this.#arrived = spread(records, oldestAt, newestAt);
    } else if (records > this.#records) {
      const more = { at: newestAt, records: records - this.#records };
      const last = this.#arrived.length - 1;
      if (last < MOST_SEEN) this.#arrived.push(more);
      else {
        more.records += this.#arrived[last].records;
        this.#arrived[last] = more;
      }
    }
    this.#records = records;
    this.#newestAt = newestAt;
  }

  /** Takes the arrivals of a batch that was flushed. */
  take(flush: FlushReport): Arrivals {
    const { oldestAt, startedAt, records } = flush;
    const isSeen = oldestAt === this.#oldestAt && this.#records <= records;
    this.#oldestAt = NaN;
    if (!isSeen) {
      return { ready: records, arrived: spread(records, oldestAt, startedAt) };
    }
    const unseen = records - this.#records;
    const arrived = [...this.#arrived];
    if (unseen > 0) arrived.push(...spread(unseen, this.#newestAt, startedAt));
    return { ready: this.#ready, arrived };
  }
}

/**
 * Records of which the first arrived at one instant and the last at another.
 * Those between are grouped into steps, each at its middle.
 */
function spread(records: number, from: number, to: number): ArrivedRecords[] {
  if (from === to) return [{ at: from, records }];
  const arrived: ArrivedRecords[] = [{ at: from, records: 1 }];
  let left = records - 1;
  for (let step = 1; step <= STEPS && left > 0; step++) {
    const share = Math.ceil(left / (STEPS + 1 - step));
    left -= share;
    const before = 1 - (left + share / 2) / (records - 1);
    arrived.push({ at: from + (to - from) * before ** EARLY, records: share });
  }
  return arrived;
}

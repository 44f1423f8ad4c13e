import type { FlushReport, PendingBatch } from "./batch_policy.ts";

/** Records that came together, or nearly so. */
export interface ArrivedRecords {
  /** The instant, in ms on the log's clock. */
  readonly at: number;
  /** How many there were. */
  readonly records: number;
}

/** A batch's arrivals, as far as a policy can see them. */
export interface Arrivals {
  /** Records in the batch when it could first have been flushed. */
  readonly ready: number;
  /** All of them, in order. */
  readonly came: ArrivedRecords[];
}

/** Of what came during a flush only the ends are known: so many steps. */
const STEPS = 8;

/**
 * How early those between are taken to have come, 1 if evenly: callers who were
 * acknowledged together come back early in the next flush rather than late.
 */
const EARLY = 1.3;

/** Beyond this many, arrivals while a batch waits are put together. */
const MOST_SEEN = 64;

/**
 * Notes when records come, from the batches that a policy is asked about. A
 * note changes no answer: it is read when the batch is flushed.
 */
export class ArrivalsSeen {
  #oldestAt = NaN;
  #ready = 0;
  #records = 0;
  #newestAt = 0;
  #came: ArrivedRecords[] = [];

  /** Notes what is new in a batch. */
  note({ oldestAt, newestAt, records }: PendingBatch): void {
    if (oldestAt !== this.#oldestAt || records < this.#records) {
      this.#oldestAt = oldestAt;
      this.#ready = records;
      this.#came = spread(records, oldestAt, newestAt);
    } else if (records > this.#records) {
      const more = { at: newestAt, records: records - this.#records };
      const last = this.#came.length - 1;
      if (last < MOST_SEEN) this.#came.push(more);
      else {
        more.records += this.#came[last].records;
        this.#came[last] = more;
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
      return { ready: records, came: spread(records, oldestAt, startedAt) };
    }
    const unseen = records - this.#records;
    const came = [...this.#came];
    if (unseen > 0) came.push(...spread(unseen, this.#newestAt, startedAt));
    return { ready: this.#ready, came };
  }
}

/**
 * Records of which the first came at one instant and the last at another; those
 * between are put together in steps, each at its middle.
 */
function spread(records: number, from: number, to: number): ArrivedRecords[] {
  if (from === to) return [{ at: from, records }];
  const came: ArrivedRecords[] = [{ at: from, records: 1 }];
  let left = records - 1;
  for (let step = 1; step <= STEPS && left > 0; step++) {
    const share = Math.ceil(left / (STEPS + 1 - step));
    left -= share;
    const before = 1 - (left + share / 2) / (records - 1);
    came.push({ at: from + (to - from) * before ** EARLY, records: share });
  }
  return came;
}

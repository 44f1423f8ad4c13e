import type { FlushReport, PendingBatch } from "./batch_policy.ts";

/** Records that came together, or nearly so. */
export interface Came {
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
  readonly came: readonly Came[];
}

/** Of what came during a flush only the ends are known: so many steps. */
const STEPS = 8;

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
  #came: Came[] = [];

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
    const rest = spread(unseen, this.#newestAt, startedAt);
    return { ready: this.#ready, came: [...this.#came, ...rest] };
  }
}

/** Records that came at equal distances from one instant to another. */
function spread(records: number, from: number, to: number): Came[] {
  const steps = from === to ? 1 : STEPS;
  const came: Came[] = [];
  let left = records;
  for (let step = Math.min(steps, records); step > 0; step--) {
    const share = Math.round(left / step);
    const distance = step === 1 ? 1 : came.length / (steps - 1);
    came.push({ at: from + (to - from) * distance, records: share });
    left -= share;
  }
  return came;
}

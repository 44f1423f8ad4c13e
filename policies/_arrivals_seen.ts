import type { FlushReport, PendingBatch } from "./batch_policy.ts";

/** Groups that a batch's arrivals are noted in, at most. */
const MOST_GROUPS = 20;

/** Records that arrived together, or nearly so, in order: columns of numbers. */
export class ArrivalGroups {
  /** When the last of each group arrived, in ms on the log's clock. */
  readonly at = new Float64Array(MOST_GROUPS);
  /** How many records are in each group. */
  readonly records = new Float64Array(MOST_GROUPS);
  /** Number of groups. */
  length = 0;
  #leastGapMs = 0;
  #lastBeganAt = 0;

  /** Removes all groups. */
  clear(): void {
    this.length = 0;
    this.#leastGapMs = 0;
  }

  /** Adds records that arrived after all others. */
  add(at: number, records: number): void {
    const last = this.length - 1;
    const isSoon = last >= 0 && at - this.#lastBeganAt < this.#leastGapMs;
    if (isSoon || last >= 0 && at === this.at[last]) {
      this.at[last] = at;
      this.records[last] += records;
      return;
    }
    if (this.length === MOST_GROUPS) this.#joinPairs();
    this.at[this.length] = at;
    this.records[this.length++] = records;
    this.#lastBeganAt = at;
  }

  /** How long all records together had waited by an instant, in ms. */
  waitedUntil(instant: number): number {
    let waitedMs = 0;
    for (let index = 0; index < this.length; index++) {
      waitedMs += this.records[index] * (instant - this.at[index]);
    }
    return waitedMs;
  }

  /**
   * Makes room: from now on, groups are twice as far apart. The first one stays:
   * its records were there from the beginning.
   */
  #joinPairs(): void {
    const { at, records } = this;
    let length = 1;
    for (let first = 1; first < MOST_GROUPS; first += 2) {
      const last = Math.min(first + 1, MOST_GROUPS - 1);
      at[length] = at[last];
      records[length++] = records[first] + (last > first ? records[last] : 0);
    }
    this.length = length;
    // The first half may have come during a flush, which says little.
    const half = length >> 1;
    const last = length - 1;
    this.#leastGapMs = (at[last] - at[half]) / (last - half);
  }
}

/** Steps that stand for arrivals of which only the ends are known. */
const STEPS = 8;

/**
 * How early the arrivals between the ends are assumed to be; 1 means evenly.
 * Callers acknowledged together return early in the next flush, not late.
 */
const EARLY = 1.3;

/**
 * Notes when records arrive, from the batches that a policy is asked about.
 * Notes change no answer: they are read only when the batch is flushed.
 */
export class ArrivalsSeen {
  #now = new ArrivalGroups();
  #taken = new ArrivalGroups();
  #oldestAt = NaN;
  #newestAt = 0;
  #records = 0;
  /** Records in the last batch taken when it could first have been flushed. */
  ready = 0;
  /** Whether that batch was seen to grow. */
  grew = false;
  #ready = 0;

  /** Notes what is new in a batch. */
  note({ oldestAt, newestAt, records }: PendingBatch): void {
    if (oldestAt !== this.#oldestAt || records < this.#records) {
      this.#oldestAt = oldestAt;
      this.#ready = records;
      this.#now.clear();
      spread(this.#now, records, oldestAt, newestAt);
    } else if (records > this.#records) {
      this.#now.add(newestAt, records - this.#records);
    }
    this.#records = records;
    this.#newestAt = newestAt;
  }

  /** Takes the arrivals of a batch that was flushed; valid until the next. */
  take({ oldestAt, startedAt, records }: FlushReport): ArrivalGroups {
    const groups = this.#now;
    this.#now = this.#taken;
    this.#taken = groups;
    const isSeen = oldestAt === this.#oldestAt && this.#records <= records;
    this.grew = isSeen && this.#records > this.#ready;
    this.#oldestAt = NaN;
    this.#now.clear();
    if (!isSeen) {
      groups.clear();
      this.ready = records;
      spread(groups, records, oldestAt, startedAt);
      return groups;
    }
    this.ready = this.#ready;
    const unseen = records - this.#records;
    if (unseen > 0) spread(groups, unseen, this.#newestAt, startedAt);
    return groups;
  }
}

/**
 * Adds records of which the first arrived at one instant and the last at
 * another. Those between are grouped into steps, each at its middle.
 */
function spread(
  groups: ArrivalGroups,
  records: number,
  from: number,
  to: number,
): void {
  if (from === to) return groups.add(from, records);
  groups.add(from, 1);
  let left = records - 1;
  for (let step = 1; step <= STEPS && left > 0; step++) {
    const share = Math.ceil(left / (STEPS + 1 - step));
    left -= share;
    const before = 1 - (left + share / 2) / (records - 1);
    groups.add(from + (to - from) * before ** EARLY, share);
  }
}

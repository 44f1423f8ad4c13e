/** How long batches below a size wait. */
export interface Wait {
  /** A batch of this many records does not wait. */
  readonly rung: number;
  /**
   * Whether the wait begins with the oldest record or when the batch is ready.
   */
  readonly from: "oldest" | "ready";
  /** Length of the wait, in ms. */
  readonly ms: number;
}

/** No wait. */
export const NO_WAIT: Wait = { rung: 1, from: "oldest", ms: 0 };

/**
 * A batch at the first instant when it could be flushed, and the arrivals
 * during the time that its flush took. A wait would have caught these records;
 * an immediate flush leaves them to the next one.
 */
export class Occasion {
  /** How long the oldest record had waited by then, in ms. */
  lagMs = 0;
  /** Records in the batch at that instant. */
  ready = 0;
  /** Those, plus the arrivals during the time of the flush. */
  total = 0;
  /** Number of later arrivals. */
  length = 0;
  /** When they came, in ms after the instant, in order. */
  readonly ms = new Float64Array(64);
  /** How many records came. */
  readonly records = new Float64Array(64);

  /** Begins another occasion. */
  begin(lagMs: number, ready: number): void {
    this.lagMs = lagMs;
    this.ready = ready;
    this.total = ready;
    this.length = 0;
  }

  /** Adds an arrival after all others. */
  add(ms: number, records: number): void {
    this.ms[this.length] = ms;
    this.records[this.length++] = records;
    this.total += records;
  }
}

/** Waits to compare: from a quarter of a us to 23 s, six to an octave. */
const WAITS = new Float64Array(160);
const SIXTH_OF_AN_OCTAVE = 1.122462048309373;
for (let index = 0, ms = 1 / 4096; index < WAITS.length; index++) {
  WAITS[index] = ms;
  ms *= SIXTH_OF_AN_OCTAVE;
}

/** Waits below a 32nd of the longest one are not compared. */
const COMPARED = 30;

/** A wait must save at least this share of all latencies. */
const LEAST_GAIN = 0.02;

/** After this many occasions in a row without later arrivals, none waits. */
const MISSES = 3;

/** Sums are scaled down before they could overflow. */
const MOST_WEIGHT = 2 ** 100;

/**
 * What each rung and each wait would have gained over the last occasions.
 *
 * Each record that a wait catches is spared the flush before its own. Each
 * record of the batch, and each that arrives while it would be flushed, becomes
 * durable later by the time waited. So a wait gains `flushMs * caught - waited *
 * total`, where `flushMs` is what flushes take on average: how long the next one
 * will take is not known in advance.
 *
 * The sums weigh an occasion less the older it is. To add an occasion takes the
 * same few hundred additions each time, so no flush pays for a plan.
 */
export class WaitTable {
  readonly #froms: readonly Wait["from"][];
  readonly #rungs: readonly number[];
  /** Gains for each start, rung and wait. */
  readonly #gains: Float64Array[][];
  /** Gains of each wait on the occasion that is added. */
  readonly #here = new Float64Array(WAITS.length);
  /** The latencies that the gains are compared with. */
  #stake = 0;
  #weight = 1;
  #misses = 0;
  #isBlank = true;

  /** A table of `rungs` for waits that begin with one of `froms`. */
  constructor(froms: readonly Wait["from"][], rungs: readonly number[]) {
    this.#froms = froms;
    this.#rungs = rungs;
    this.#gains = froms.map(() =>
      rungs.map(() => new Float64Array(WAITS.length))
    );
  }

  /** Forgets all occasions. */
  clear(): void {
    for (const rungs of this.#gains) {
      for (const sums of rungs) sums.fill(0);
    }
    this.#stake = 0;
    this.#weight = 1;
    this.#isBlank = true;
  }

  /** Makes all that was added count for less, by `factor`. */
  forget(factor: number): void {
    if (this.#isBlank) return;
    this.#weight *= factor;
    if (this.#weight > MOST_WEIGHT) this.#scaleDown();
  }

  /** Adds an occasion, if waits up to `mostMs` are considered. */
  add(occasion: Occasion, flushMs: number, mostMs: number): void {
    this.#misses = occasion.length === 0 ? this.#misses + 1 : 0;
    if (this.#isBlank && this.#misses > 0) return;
    this.#isBlank = false;
    this.#stake += this.#weight * occasion.total * flushMs;
    const last = lastWait(mostMs);
    for (let start = 0; start < this.#froms.length; start++) {
      const lagMs = this.#froms[start] === "oldest" ? occasion.lagMs : 0;
      const gains = this.#gains[start];
      let isKnown = false;
      for (let rung = 0; rung < this.#rungs.length; rung++) {
        const size = this.#rungs[rung];
        if (occasion.ready >= size) continue;
        // Beyond the records that came, all rungs are equal.
        if (!isKnown) this.#gainsOf(occasion, size, lagMs, flushMs, last);
        isKnown = size > occasion.total;
        const sums = gains[rung];
        for (let index = firstWait(last); index <= last; index++) {
          sums[index] += this.#here[index];
        }
      }
    }
  }

  /** The rung up to `mostRecords` and the wait that would have gained most. */
  choose(mostRecords: number, mostMs: number): Wait {
    let best = NO_WAIT;
    if (this.#isBlank || this.#misses >= MISSES) return best;
    let most = LEAST_GAIN * this.#stake;
    const last = lastWait(mostMs);
    for (let start = 0; start < this.#froms.length; start++) {
      for (let rung = 0; rung < this.#rungs.length; rung++) {
        if (this.#rungs[rung] > mostRecords) break;
        const sums = this.#gains[start][rung];
        for (let index = firstWait(last); index <= last; index++) {
          if (sums[index] <= most) continue;
          most = sums[index];
          const [from, size] = [this.#froms[start], this.#rungs[rung]];
          best = { from, rung: size, ms: WAITS[index] };
        }
      }
    }
    return best;
  }

  /** What each wait would have gained here, weighed. */
  #gainsOf(
    { ready, total, length, ms, records }: Occasion,
    rung: number,
    lagMs: number,
    flushMs: number,
    last: number,
  ): void {
    const gains = this.#here;
    let [came, size, saved] = [0, ready, 0];
    let index = firstWait(last);
    for (; index <= last && size < rung; index++) {
      const waitedMs = Math.max(0, WAITS[index] - lagMs);
      while (came < length && ms[came] <= waitedMs && size < rung) {
        size += records[came];
        saved += records[came++] * flushMs;
      }
      const endedMs = size < rung ? waitedMs : ms[came - 1];
      gains[index] = this.#weight * (saved - endedMs * total);
    }
    // It would have been flushed by then.
    const final = gains[index - 1];
    for (; index <= last; index++) gains[index] = final;
  }

  #scaleDown(): void {
    for (const rungs of this.#gains) {
      for (const sums of rungs) {
        for (let index = 0; index < sums.length; index++) {
          sums[index] /= this.#weight;
        }
      }
    }
    this.#stake /= this.#weight;
    this.#weight = 1;
  }
}

/** The last wait of at most `mostMs`, or the first of all. */
function lastWait(mostMs: number): number {
  let [from, to] = [0, WAITS.length - 1];
  while (from < to) {
    const middle = (from + to + 1) >> 1;
    if (WAITS[middle] <= mostMs) from = middle;
    else to = middle - 1;
  }
  return from;
}

function firstWait(last: number): number {
  return Math.max(0, last - COMPARED);
}

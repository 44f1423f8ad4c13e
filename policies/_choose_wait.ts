/**
 * A batch at the first instant when it could be flushed, and the arrivals
 * during the time that its flush took. A wait would have caught these records;
 * an immediate flush leaves them to the next one.
 */
export interface Occasion {
  /** How long the oldest record had waited by then, in ms. */
  readonly lagMs: number;
  /** Records in the batch at that instant. */
  readonly records: number;
  /** Those, plus the arrivals during the time of the flush. */
  readonly total: number;
  /** How long the flush took, in ms. */
  readonly flushMs: number;
  /** The arrivals, in ms after the instant, in order. */
  readonly later: readonly { readonly ms: number; readonly records: number }[];
}

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

const FROM: readonly Wait["from"][] = ["ready", "oldest"];

/** A wait must save at least this share of all latencies. */
const LEAST_GAIN = 0.02;

interface Step {
  readonly ms: number;
  readonly occasion: number;
  /** Records that arrive; 0 marks the beginning of the occasion's wait. */
  readonly records: number;
}

/**
 * The rung and the wait that would have saved most over these occasions.
 *
 * Each record that a wait catches is spared the flush before its own. Each
 * record of the batch, and each that arrives while it would be flushed, becomes
 * durable later by the time waited. So a wait gains the sum over the occasions
 * of `flushMs * caught - waited * total`. Between arrivals the gain only falls:
 * the best wait ends at an arrival, and one pass over them in order finds it.
 */
export function chooseWait(
  occasions: readonly Occasion[],
  ladder: readonly number[],
): Wait {
  let best = NO_WAIT;
  if (occasions.every(({ later }) => later.length === 0)) return best;
  let bestGain = LEAST_GAIN *
    occasions.reduce((sum, { total, flushMs }) => sum + total * flushMs, 0);
  const largest = Math.max(...occasions.map(({ total }) => total));
  const isIdle = occasions.every(({ lagMs }) => lagMs === 0);
  for (const from of isIdle ? FROM.slice(0, 1) : FROM) {
    const steps = stepsOf(occasions, from);
    for (const rung of ladder) {
      const { gain, ms } = bestOf(occasions, steps, rung);
      if (gain > bestGain) {
        bestGain = gain;
        best = { rung, from, ms };
      }
      // Beyond the largest batch, all rungs are equal.
      if (rung >= largest) break;
    }
  }
  return best;
}

/** The best wait for a rung, and what it gains, in ms over all records. */
function bestOf(
  occasions: readonly Occasion[],
  steps: readonly Step[],
  rung: number,
): { gain: number; ms: number } {
  const records = occasions.map((occasion) => occasion.records);
  let best = { gain: 0, ms: 0 };
  let saved = 0;
  // The loss is a line: its slope is the number of records that wait.
  let slope = 0;
  let offset = 0;
  for (const { ms, occasion, records: more } of steps) {
    if (records[occasion] >= rung) continue;
    const { total, flushMs } = occasions[occasion];
    if (more === 0) {
      slope += total;
      offset -= ms * total;
      continue;
    }
    records[occasion] += more;
    saved += more * flushMs;
    const gain = saved - (ms * slope + offset);
    if (gain > best.gain) best = { gain, ms };
    if (records[occasion] < rung) continue;
    // It is flushed here, so its wait ends.
    slope -= total;
    offset += ms * total;
  }
  return best;
}

/** The events of all occasions, in order of the wait that reaches them. */
function stepsOf(occasions: readonly Occasion[], from: Wait["from"]): Step[] {
  const steps: Step[] = [];
  for (const [occasion, { lagMs, later }] of occasions.entries()) {
    const begin = from === "oldest" ? lagMs : 0;
    steps.push({ ms: begin, occasion, records: 0 });
    for (const { ms, records } of later) {
      steps.push({ ms: begin + ms, occasion, records });
    }
  }
  const begins = ({ records }: Step) => records === 0 ? 0 : 1;
  return steps.sort((a, b) => a.ms - b.ms || begins(a) - begins(b));
}

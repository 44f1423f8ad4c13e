/**
 * A batch at the instant from which it could be flushed, and what came in the
 * time that its flush took: these records a wait would have caught, and a flush
 * at once leaves to the next one.
 */
export interface Occasion {
  /** Ms that the oldest record had waited by then. */
  readonly lagMs: number;
  /** Records in the batch then. */
  readonly records: number;
  /** Those, and the ones that came in the time of the flush. */
  readonly total: number;
  /** Ms that the flush took. */
  readonly flushMs: number;
  /** When records came, in ms from the instant on, in order. */
  readonly later: readonly { readonly ms: number; readonly records: number }[];
}

/** How long batches below a size are to wait. */
export interface Wait {
  /** A batch of so many records does not wait. */
  readonly rung: number;
  /** Whether the wait begins with the batch's oldest record, or when ready. */
  readonly from: "oldest" | "ready";
  /** Ms from then on. */
  readonly ms: number;
}

/** No wait at all. */
export const NO_WAIT: Wait = { rung: 1, from: "oldest", ms: 0 };

const FROM: readonly Wait["from"][] = ["ready", "oldest"];

/** A wait has to save at least this share of all latencies. */
const LEAST_GAIN = 0.02;

interface Step {
  readonly ms: number;
  readonly occasion: number;
  /** Records that come; 0 where an occasion's own wait begins. */
  readonly records: number;
}

/**
 * The rung and the wait that would have saved most over these occasions.
 *
 * Each record that a wait catches is spared the flush before its own. Each
 * record of the batch, and each that comes while it would be flushed, is
 * durable later by what was waited. So a wait gains the sum over the occasions
 * of `flushMs * caught - waited * total`. That falls between arrivals: the best
 * wait ends at an arrival, and one pass over them in order finds it.
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
      // Beyond the largest batch all rungs are the same.
      if (rung >= largest) break;
    }
  }
  return best;
}

/** What the best wait for a rung gains, in ms over all records. */
function bestOf(
  occasions: readonly Occasion[],
  steps: readonly Step[],
  rung: number,
): { gain: number; ms: number } {
  const records = occasions.map((occasion) => occasion.records);
  let best = { gain: 0, ms: 0 };
  let saved = 0;
  // What is lost is a line: its slope is the records that are let wait.
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
    // It is flushed here: its wait grows no more.
    slope -= total;
    offset += ms * total;
  }
  return best;
}

/** What happens on the occasions, in the order of the wait that it takes. */
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

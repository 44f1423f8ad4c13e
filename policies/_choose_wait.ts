/**
 * A batch at the instant from which it could be flushed, and what came in the
 * time that a flush then took: these records a wait would have caught, and a
 * flush at once left to the next.
 */
export interface Occasion {
  /** Ms that the oldest record had waited by then. */
  readonly lagMs: number;
  /** Records in the batch then. */
  readonly records: number;
  /** Those, and the ones that came in the time of a flush. */
  readonly total: number;
  /** When they came, in ms from the oldest record on, in order. */
  readonly later: readonly { readonly ms: number; readonly records: number }[];
}

/** How long batches below a size are to wait. */
export interface Wait {
  /** A batch of so many records does not wait. */
  readonly rung: number;
  /** Others do until their oldest record has waited for so many ms. */
  readonly ms: number;
}

/** No wait at all. */
export const NO_WAIT: Wait = { rung: 1, ms: 0 };

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
 * Each record that a wait catches is spared the flush before it, about
 * `flushMs`. Each record of the batch, and each that comes before the flush
 * would have been done, is durable later by as long as the wait took. So of two
 * waits the one of larger `flushMs * caught - sum(waited * total)` is better.
 * Between arrivals that sum only falls, so the best wait ends at an arrival:
 * one pass over them, in order, for each rung.
 */
export function chooseWait(
  occasions: readonly Occasion[],
  ladder: readonly number[],
  flushMs: number,
): Wait {
  const steps = stepsOf(occasions);
  const largest = Math.max(...occasions.map(({ total }) => total));
  const all = occasions.reduce((sum, { total }) => sum + total, 0);
  let best = NO_WAIT;
  let bestGain = LEAST_GAIN * flushMs * all;
  if (steps.length === occasions.length) return best;
  for (const rung of ladder) {
    const { gain, ms } = bestOf(occasions, steps, rung, flushMs);
    if (gain > bestGain) {
      bestGain = gain;
      best = { rung, ms };
    }
    // Beyond the largest batch all rungs are the same.
    if (rung >= largest) break;
  }
  return best;
}

/** What the best wait for a rung gains, in ms over all records. */
function bestOf(
  occasions: readonly Occasion[],
  steps: readonly Step[],
  rung: number,
  flushMs: number,
): { gain: number; ms: number } {
  const records = occasions.map((occasion) => occasion.records);
  let best = { gain: 0, ms: 0 };
  let saved = 0;
  // Of the occasions that wait: the records, and their waits so far at 0 ms.
  let waiting = 0;
  let base = 0;
  for (const { ms, occasion, records: more } of steps) {
    if (records[occasion] >= rung) continue;
    const { total, lagMs } = occasions[occasion];
    if (more === 0) {
      waiting += total;
      base -= lagMs * total;
      continue;
    }
    records[occasion] += more;
    saved += more * flushMs;
    const gain = saved - (ms * waiting + base);
    if (gain > best.gain) best = { gain, ms };
    if (records[occasion] < rung) continue;
    // It is flushed here: its wait grows no more.
    waiting -= total;
    base += ms * total;
  }
  return best;
}

/** All that happens on the occasions, in the order of the wait it takes. */
function stepsOf(occasions: readonly Occasion[]): Step[] {
  const steps: Step[] = [];
  for (const [occasion, { lagMs, later }] of occasions.entries()) {
    steps.push({ ms: lagMs, occasion, records: 0 });
    for (const { ms, records } of later) steps.push({ ms, occasion, records });
  }
  return steps.sort((a, b) => a.ms - b.ms || a.records - b.records);
}

import type { Cut, TimeSpan } from "../figures/plot/time_span.ts";
import type { Course, Outcome } from "./run_candidate.ts";

/** Idle times that are longer than this many flushes are cut short. */
const LONG_FLUSHES = 8;

/** How many flushes long they are drawn. */
const CUT_FLUSHES = 2;

/** A span of a run in which a policy has something to do, in ms. */
interface Busy {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * The time of several runs without the long stretches in which no policy has
 * anything to do: no append waits, and no flush is in flight.
 */
export class BusyTime {
  /** How long the runs are, as drawn; the shortest one limits it. */
  readonly runMs: number;
  /** Average flush of the policy that makes the most, and how many it makes. */
  readonly flushMs: number;
  readonly flushes: number;
  readonly #startedAt: number;
  /** By where they are drawn, in ms from the beginning. */
  readonly #cuts: readonly Cut[];

  /** There must be an outcome. */
  constructor(outcomes: readonly Outcome[]) {
    const startedAt = Math.min(...outcomes.map((one) => one.startedAt));
    const endedAt = Math.min(...outcomes.map((one) => one.endedAt));
    const eager = outcomes.reduce((most, one) =>
      one.figures.flushesPerSecond > most.figures.flushesPerSecond ? one : most
    );
    const { flushesPerSecond, busyShare } = eager.figures;
    const wholeMs = Math.max(endedAt - startedAt, 1e-3);
    this.flushes = Math.max(1, flushesPerSecond * wholeMs / 1000);
    // A device may take no time at all.
    this.flushMs = wholeMs * (busyShare || 1) / this.flushes;
    this.#startedAt = startedAt;
    const longMs = this.flushMs * LONG_FLUSHES;
    const busy = joined(
      outcomes.flatMap(({ course }) => busyIn(course, longMs)),
      longMs,
    );
    this.#cuts = cutsBetween(
      busy.filter(({ fromMs }) => fromMs < endedAt),
      startedAt,
      this.flushMs * CUT_FLUSHES,
    );
    const hiddenMs = this.#cuts.reduce((sum, cut) => sum + hiddenBy(cut), 0);
    this.runMs = Math.max(wholeMs - hiddenMs, 1e-3);
  }

  /** The span of `lengthMs` that begins at `from`, both in ms as drawn. */
  spanFrom(from: number, lengthMs: number): TimeSpan {
    let fromMs = this.#startedAt + from;
    const cuts: Cut[] = [];
    for (const cut of this.#cuts) {
      if (cut.fromMs >= from + lengthMs) break;
      if (cut.toMs <= from) {
        fromMs += hiddenBy(cut);
        continue;
      }
      // A span may begin or end within a cut.
      const [first, last] = [
        Math.max(cut.fromMs, from),
        Math.min(cut.toMs, from + lengthMs),
      ];
      const perMs = cut.idleMs / (cut.toMs - cut.fromMs);
      fromMs += (first - cut.fromMs) * (perMs - 1);
      cuts.push({
        fromMs: first - from,
        toMs: last - from,
        idleMs: (last - first) * perMs,
      });
    }
    return {
      fromMs,
      toMs: fromMs + lengthMs,
      cuts: cuts.map((cut) => ({
        ...cut,
        fromMs: fromMs + cut.fromMs,
        toMs: fromMs + cut.toMs,
      })),
    };
  }
}

function hiddenBy({ fromMs, toMs, idleMs }: Cut): number {
  return idleMs - (toMs - fromMs);
}

/** From the first append of a flush until it is durable, flush by flush. */
function busyIn(
  { arrivedAt, end, endedAt }: Course,
  longMs: number,
): Busy[] {
  const busy: Busy[] = [];
  for (const [index, toMs] of endedAt.entries()) {
    const fromMs = arrivedAt[index === 0 ? 0 : end[index - 1]];
    const last = busy.at(-1);
    if (last !== undefined && fromMs - last.toMs < longMs) {
      busy[busy.length - 1] = { fromMs: last.fromMs, toMs };
    } else busy.push({ fromMs, toMs });
  }
  return busy;
}

/** Spans that overlap, or that are not far from each other, as one. */
function joined(spans: Busy[], longMs: number): Busy[] {
  const all: Busy[] = [];
  for (const span of spans.sort((a, b) => a.fromMs - b.fromMs)) {
    const last = all.at(-1);
    if (last !== undefined && span.fromMs - last.toMs < longMs) {
      const toMs = Math.max(last.toMs, span.toMs);
      all[all.length - 1] = { fromMs: last.fromMs, toMs };
    } else all.push(span);
  }
  return all;
}

function cutsBetween(
  busy: readonly Busy[],
  startedAt: number,
  drawnMs: number,
): Cut[] {
  let hiddenMs = startedAt;
  return busy.slice(1).map((next, index) => {
    const { toMs } = busy[index];
    const idleMs = next.fromMs - toMs;
    const fromMs = toMs - hiddenMs;
    hiddenMs += idleMs - drawnMs;
    return { fromMs, toMs: fromMs + drawnMs, idleMs };
  });
}

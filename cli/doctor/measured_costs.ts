import type { CostModel } from "../../simulator/costs.ts";
import { type Choose, uniform } from "../../random.ts";
import type { Result } from "./format_doctor.ts";
import { PAGE_BYTES, type Subject } from "./subject.ts";
import { isPromise } from "../../storage/storage.ts";
import { Distribution } from "../examine/histogram.ts";

/**
 * A device that costs what was measured: a flush takes as long as a page did
 * in some run, drawn at random but the same for the same instant, and longer
 * or shorter as its size is. Write and sync were measured together, so both
 * are in the sync.
 */
export function measuredCosts(results: readonly Result[]): CostModel {
  const blocking = results.filter(({ trial }) =>
    trial.file === "zeroed" && trial.call === "blocking"
  ).sort((a, b) => a.trial.bytes - b.trial.bytes);
  const page = blocking.find(({ trial }) => trial.bytes === PAGE_BYTES)!.all;
  const medians = blocking.map(({ trial, all }) =>
    [trial.bytes, all.quantile(0.5)] as const
  );
  // A clock may be so coarse that half of the syncs take no time on it.
  const pageMs = Math.max(page.quantile(0.5), 1e-6);
  return {
    writeMs: () => 0,
    syncMs(at, bytes) {
      const whole = Math.floor(at);
      const share = uniform(1, whole, Math.floor((at - whole) * 2 ** 32));
      return page.quantile(1 - share) * interpolate(medians, bytes) / pageMs;
    },
  };
}

/** Straight from point to point; beyond the last ones, in proportion to x. */
function interpolate(
  points: readonly (readonly [x: number, y: number])[],
  x: number,
): number {
  const [firstX, firstY] = points[0];
  if (x <= firstX) return firstY;
  for (let index = 1; index < points.length; index++) {
    const [[x0, y0], [x1, y1]] = [points[index - 1], points[index]];
    if (x <= x1) return y0 + (y1 - y0) * (x - x0) / (x1 - x0);
  }
  const [lastX, lastY] = points.at(-1)!;
  return lastY * x / lastX;
}

const ROUNDS = 12;

/** Turns are no longer than that, and so Ctrl-C is heard within it. */
const MOST_TURN_MS = 100;

/** Options of {@linkcode measureInTurns}. */
export interface MeasureOptions {
  /** How long all of it takes, in ms; the first round is always completed. */
  readonly totalMs: number;
  /** Chooses the order of each round. */
  readonly choose: Choose;
  /** Ends it before time. */
  readonly signal: AbortSignal;
  /** The time in ms. */
  readonly now: () => number;
}

/** What a subject's runs cost. */
export interface Measured {
  /** All of them. */
  readonly all: Distribution;
  /** Those of the first half of the time, and of the second. */
  readonly halves: readonly [Distribution, Distribution];
}

/**
 * Measures in rounds, in which each subject has its turn, in another order
 * each time: what else goes on, and how a disk's mood changes, hits all alike.
 * Before each turn one run does not count.
 */
export async function measureInTurns(
  subjects: readonly Subject[],
  { totalMs, choose, signal, now }: MeasureOptions,
): Promise<Measured[]> {
  const found = subjects.map(() => ({
    all: new Distribution(),
    halves: [new Distribution(), new Distribution()] as const,
  }));
  const startedAt = now();
  const turnMs = Math.min(MOST_TURN_MS, totalMs / ROUNDS / subjects.length);
  for (let round = 0; round === 0 || now() - startedAt < totalMs; round++) {
    for (const index of shuffled(subjects.length, choose)) {
      const isOver = round > 0 && now() - startedAt >= totalMs;
      if (isOver || signal.aborted) break;
      const half = found[index].halves[now() - startedAt < totalMs / 2 ? 0 : 1];
      const subject = subjects[index];
      await subject.prepare();
      const endsAt = now() + turnMs;
      do half.add(await timed(subject, now)); while (
        now() < endsAt && !subject.isFull && !signal.aborted
      );
      // Signals are heard between turns of the event loop only.
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (signal.aborted) break;
  }
  for (const { all, halves } of found) {
    for (const half of halves) all.merge(half);
  }
  return found;
}

/** What answers at once costs no turn of the event loop. */
function timed(subject: Subject, now: () => number): number | Promise<number> {
  const startedAt = now();
  const answer = subject.run();
  if (isPromise(answer)) return answer.then(() => now() - startedAt);
  return now() - startedAt;
}

/** The integers below `count` in some order: Fisher and Yates's shuffle. */
function shuffled(count: number, choose: Choose): number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  for (let end = count - 1; end > 0; end--) {
    const at = choose(end + 1);
    [order[at], order[end]] = [order[end], order[at]];
  }
  return order;
}

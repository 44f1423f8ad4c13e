import type { Choose } from "../../storage/_seeded.ts";
import { isPromise } from "../../storage/_is_promise.ts";
import { Distribution } from "../distribution.ts";
import type { Subject } from "./subject.ts";

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

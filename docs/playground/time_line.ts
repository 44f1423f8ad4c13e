import { lowerBound } from "../../simulator/sampled_costs.ts";
import type { LaneFlush, TimeSpan } from "../figures/plot/lanes.ts";
import type { Course, Outcome } from "./run_candidate.ts";
import { type Settings, withNumber } from "./settings.ts";

/** Arrivals closer than this are drawn as one, in pixels. */
const CLOSE = 0.75;

/** The flushes that can be seen of a span that is `width` pixels wide. */
export function flushesWithin(
  { arrivedAt, end, startedAt, writtenAt, endedAt }: Course,
  { fromMs, toMs }: TimeSpan,
  width: number,
): LaneFlush[] {
  const closeMs = CLOSE * (toMs - fromMs) / width;
  const flushes: LaneFlush[] = [];
  const firstSeen = lowerBound(endedAt, fromMs);
  for (let index = firstSeen; index < end.length; index++) {
    const first = index === 0 ? 0 : end[index - 1];
    const last = end[index] - 1;
    if (arrivedAt[first] > toMs) break;
    const arrivals: number[] = [];
    for (let append = first; append <= last; append++) {
      const at = arrivedAt[append];
      if (at < fromMs || at > toMs) continue;
      if (arrivals.length > 0 && at - arrivals.at(-1)! < closeMs) continue;
      arrivals.push(at);
    }
    flushes.push({
      index,
      appends: last - first + 1,
      arrivals,
      oldest: arrivedAt[first],
      newest: arrivedAt[last],
      started: startedAt[index],
      written: writtenAt[index],
      durable: endedAt[index],
    });
  }
  return flushes;
}

/** Room for a flush of the most eager policy, without zoom, in pixels. */
const FLUSH_WIDTH = 26;

/**
 * The part of the run that the time line shows: a few dozen flushes of the
 * policy that makes the most, as far as `width` pixels have room for them. The
 * shortest run limits it, so that each policy has something to show: callers
 * that await their acks are done sooner where they wait less.
 */
export function timeWindow(
  outcomes: readonly Outcome[],
  { numbers: { place, zoom } }: Settings,
  width: number,
): TimeSpan {
  const startedAt = Math.min(...outcomes.map((one) => one.startedAt));
  const endedAt = Math.min(...outcomes.map((one) => one.endedAt));
  const rates = outcomes.map(({ figures }) => figures.flushesPerSecond);
  const most = Math.max(...rates);
  const runMs = Math.max(endedAt - startedAt, 1e-3);
  const flushes = width / FLUSH_WIDTH / zoom;
  const wantedMs = most > 0 ? flushes / most * 1000 : runMs;
  const windowMs = Math.min(wantedMs, runMs);
  const fromMs = startedAt + (runMs - windowMs) * place / 100;
  return { fromMs, toMs: fromMs + windowMs };
}

/** How far the next window is from this one, in percent of the run. */
export function placeStep(
  outcomes: readonly Outcome[],
  settings: Settings,
  width: number,
): number {
  const windowAt = (place: number) =>
    timeWindow(outcomes, withNumber(settings, "place", place), width);
  const [first, last] = [windowAt(0), windowAt(100)];
  const rangeMs = last.fromMs - first.fromMs;
  return rangeMs > 0 ? (first.toMs - first.fromMs) / rangeMs * 100 : 100;
}

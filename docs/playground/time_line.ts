import { lowerBound } from "../../simulator/sampled_costs.ts";
import type { LaneFlush } from "../figures/plot/lanes.ts";
import {
  drawnAt,
  instantAt,
  type TimeSpan,
} from "../figures/plot/time_span.ts";
import { BusyTime } from "./busy_time.ts";
import type { Course, Outcome } from "./run_candidate.ts";
import type { Settings } from "./settings.ts";

/** Arrivals closer than this are drawn as one, in pixels. */
const CLOSE = 0.75;

/** The flushes that can be seen of a span that is `width` pixels wide. */
export function flushesWithin(
  { arrivedAt, end, startedAt, writtenAt, endedAt }: Course,
  span: TimeSpan,
  width: number,
): LaneFlush[] {
  const { fromMs, toMs } = span;
  const closeMs = CLOSE * (toMs - fromMs) / width;
  const untilMs = instantAt(span, toMs);
  const flushes: LaneFlush[] = [];
  const firstSeen = lowerBound(endedAt, fromMs);
  for (let index = firstSeen; index < end.length; index++) {
    const first = index === 0 ? 0 : end[index - 1];
    const last = end[index] - 1;
    if (arrivedAt[first] > untilMs) break;
    const arrivals: number[] = [];
    for (let append = first; append <= last; append++) {
      const at = arrivedAt[append];
      if (at < fromMs || at > untilMs) continue;
      const drawn = drawnAt(span, at);
      if (arrivals.length > 0 && drawn - arrivals.at(-1)! < closeMs) continue;
      arrivals.push(drawn);
    }
    flushes.push({
      index,
      appends: last - first + 1,
      arrivals,
      oldest: drawnAt(span, arrivedAt[first]),
      newest: drawnAt(span, arrivedAt[last]),
      started: drawnAt(span, startedAt[index]),
      written: drawnAt(span, writtenAt[index]),
      durable: drawnAt(span, endedAt[index]),
    });
  }
  return flushes;
}

/** Room for a flush of the most eager policy, without zoom, in pixels. */
const FLUSH_WIDTH = 26;

/** How wide its flushes are at least, on average and without zoom. */
const LEAST_WIDTH = 18;

const busyTimes = new WeakMap<readonly Outcome[], BusyTime>();

function busyTimeOf(outcomes: readonly Outcome[]): BusyTime {
  const known = busyTimes.get(outcomes);
  if (known !== undefined) return known;
  const made = new BusyTime(outcomes);
  busyTimes.set(outcomes, made);
  return made;
}

/**
 * The part of the run that the time line shows: a few dozen flushes of the
 * policy that makes the most, as far as `width` pixels have room for them, and
 * fewer if they would be too narrow to see. The shortest run limits it, so that
 * each policy has something to show: callers that await their acks are done
 * sooner where they wait less.
 */
export function timeWindow(
  outcomes: readonly Outcome[],
  { numbers: { place, zoom } }: Settings,
  width: number,
): TimeSpan {
  const time = busyTimeOf(outcomes);
  const { runMs, flushMs, flushes } = time;
  const wantedMs = Math.min(
    width / FLUSH_WIDTH * runMs / flushes,
    width / LEAST_WIDTH * flushMs,
  ) / zoom;
  const windowMs = wantedMs > 0 ? Math.min(wantedMs, runMs) : runMs;
  return time.spanFrom((runMs - windowMs) * place / 100, windowMs);
}

/** How far the next window is from this one, in percent of the run. */
export function placeStep(
  outcomes: readonly Outcome[],
  settings: Settings,
  width: number,
): number {
  const { fromMs, toMs } = timeWindow(outcomes, settings, width);
  const rangeMs = busyTimeOf(outcomes).runMs - (toMs - fromMs);
  return rangeMs > 1e-9 ? (toMs - fromMs) / rangeMs * 100 : 100;
}

import type { Course } from "./outcome.ts";
import type { TimeWindow } from "./time_window.ts";

/** A flush on the time line; places are pixels from the left. */
export interface LaneFlush {
  /** Which flush of the run it is, from 0 on. */
  readonly index: number;
  /** Its appends. */
  readonly appends: number;
  /** Where each of its appends came; those of one pixel are one. */
  readonly arrivals: readonly number[];
  /** Where its first and its last append came. */
  readonly oldest: number;
  readonly newest: number;
  /** Where its write began, where its sync did, and where that ended. */
  readonly started: number;
  readonly written: number;
  readonly durable: number;
}

/** Arrivals closer than this are drawn as one, in pixels. */
const CLOSE = 0.75;

/** The flushes that can be seen in a window as wide as `width` pixels. */
export function layOutLane(
  course: Course,
  { fromMs, toMs }: TimeWindow,
  width: number,
): LaneFlush[] {
  const placeOf = (at: number) => (at - fromMs) / (toMs - fromMs) * width;
  const { arrivedAt, end, startedAt, writtenAt, durableAt } = course;
  const flushes: LaneFlush[] = [];
  for (let index = below(durableAt, fromMs); index < end.length; index++) {
    const first = index === 0 ? 0 : end[index - 1];
    const last = end[index] - 1;
    if (arrivedAt[first] > toMs) break;
    const arrivals: number[] = [];
    for (let append = first; append <= last; append++) {
      const place = placeOf(arrivedAt[append]);
      if (place < -CLOSE || place > width + CLOSE) continue;
      if (arrivals.length > 0 && place - arrivals.at(-1)! < CLOSE) continue;
      arrivals.push(place);
    }
    flushes.push({
      index,
      appends: last - first + 1,
      arrivals,
      oldest: placeOf(arrivedAt[first]),
      newest: placeOf(arrivedAt[last]),
      started: placeOf(startedAt[index]),
      written: placeOf(writtenAt[index]),
      durable: placeOf(durableAt[index]),
    });
  }
  return flushes;
}

/** How many of `sorted` are below `value`. */
function below(sorted: Float64Array, value: number): number {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (sorted[middle] < value) from = middle + 1;
    else to = middle;
  }
  return from;
}

import type { FlushReport } from "../policies/batch_policy.ts";
import { uniform } from "../random.ts";
import type { CostModel } from "./costs.ts";

/** With fewer flushes, a size class is merged with the next one. */
const LEAST_SAMPLES = 16;

/**
 * The first size class ends here, and each one after it at four times that.
 * Among small flushes, those of a slow period are larger only because more
 * records arrived in the meantime; their size is not what made them slow.
 */
const ALIKE_BYTES = 16 * 1024;
const STEP = 4;

/** Number of samples around an instant from which one is drawn. */
const NEIGHBOURS = 64;

/** Flushes of about the same size. */
interface SizeClass {
  /** Maximum bytes of a flush in this class; `Infinity` for the last one. */
  readonly mostBytes: number;
  /** Median duration of the writes, in ms. */
  readonly writeMs: number;
  /** When each flush began, in order. */
  readonly startedAt: readonly number[];
  /** How long each flush took as a whole, in ms. */
  readonly flushMs: readonly number[];
}

/**
 * A device that costs as much as it did in recorded flushes: a flush takes as
 * long, write and sync together, as one drawn at random from those of about the
 * same size and time. So slow minutes stay slow, and outliers are as frequent
 * as they were. The write's share is the median for that size.
 *
 * Sizes are grouped up to 16 KiB, up to 64 KiB, and so on; a group of fewer
 * than 16 flushes is merged with the next one. The same `seed` draws the same
 * samples. The model has no state, so it can be used for several runs.
 *
 * Throws `RangeError` if there is no flush to draw from.
 *
 * Source: the moving-blocks bootstrap, with blocks of one (Kuensch 1989).
 *
 * @example
 * ```ts
 * import { sampledCosts } from "@syncline/wal/simulator";
 * import assert from "node:assert/strict";
 *
 * const costs = sampledCosts([{
 *   ...{ reason: "due", records: 1, bytes: 100, firstLsn: 1, lastLsn: 1 },
 *   ...{ oldestAt: 0, startedAt: 0, writtenAt: 1, endedAt: 5 },
 * }]);
 * assert.deepEqual([costs.writeMs(100), costs.syncMs(9, 100)], [1, 4]);
 * ```
 */
export function sampledCosts(
  flushes: readonly FlushReport[],
  seed = 1,
): CostModel {
  if (flushes.length === 0) {
    throw new RangeError(
      "Cannot sample costs because there must be a flush to draw from: " +
        "received none",
    );
  }
  const classes = toClasses(flushes);
  const classOf = (bytes: number) =>
    classes.find(({ mostBytes }) => bytes <= mostBytes)!;
  return {
    writeMs: (bytes) => classOf(bytes).writeMs,
    syncMs(at, bytes) {
      const { startedAt, flushMs, writeMs } = classOf(bytes);
      const drawn = drawNear(lowerBound(startedAt, at), flushMs, seed, at);
      return Math.max(0, drawn - writeMs);
    },
  };
}

function toClasses(flushes: readonly FlushReport[]): SizeClass[] {
  const sorted = [...flushes].sort((a, b) => a.bytes - b.bytes);
  const classes: SizeClass[] = [];
  let first = 0;
  for (let end = 1; end <= sorted.length; end++) {
    const step = stepOf(sorted[end - 1]);
    const isLast = end === sorted.length;
    const isEnough = end - first >= LEAST_SAMPLES &&
      sorted.length - end >= LEAST_SAMPLES;
    if (!isLast && !(isEnough && stepOf(sorted[end]) > step)) continue;
    const mostBytes = isLast ? Infinity : ALIKE_BYTES * STEP ** step;
    classes.push(toClass(sorted.slice(first, end), mostBytes));
    first = end;
  }
  return classes;
}

function stepOf({ bytes }: FlushReport): number {
  const steps = Math.log(bytes / ALIKE_BYTES) / Math.log(STEP);
  // Rounding must not put a power of four above itself.
  return Math.max(0, Math.ceil(steps - 1e-9));
}

function toClass(flushes: FlushReport[], mostBytes: number): SizeClass {
  flushes.sort((a, b) => a.startedAt - b.startedAt);
  const writes = flushes.map((flush) => flush.writtenAt - flush.startedAt)
    .sort((a, b) => a - b);
  return {
    mostBytes,
    writeMs: writes[writes.length >> 1],
    startedAt: flushes.map(({ startedAt }) => startedAt),
    flushMs: flushes.map((flush) => flush.endedAt - flush.startedAt),
  };
}

/** Draws a sample around `middle`: random, but it depends only on `at`. */
function drawNear(
  middle: number,
  samples: readonly number[],
  seed: number,
  at: number,
): number {
  const most = Math.max(0, samples.length - NEIGHBOURS);
  const first = Math.min(most, Math.max(0, middle - NEIGHBOURS / 2));
  const count = Math.min(NEIGHBOURS, samples.length);
  const whole = Math.floor(at);
  const share = uniform(seed, whole, Math.floor((at - whole) * 2 ** 32));
  return samples[first + Math.floor(share * count)];
}

/** How many of `sorted` are below `value`. */
export function lowerBound(sorted: ArrayLike<number>, value: number): number {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (sorted[middle] < value) from = middle + 1;
    else to = middle;
  }
  return from;
}

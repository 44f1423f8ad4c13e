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

/** So many samples in a row are played together. */
const BLOCK = 16;

/**
 * A block is taken from within this share of the recording around its place, and
 * at least from among so many samples.
 */
const REACH = 0.1;
const NEIGHBOURS = 64;

/** A duration that was seen. */
interface Sample {
  /** When it began, in ms. */
  readonly at: number;
  /** What decides which others are alike. */
  readonly size: number;
  readonly ms: number;
}

/** Samples of about the same size. */
interface SizeClass {
  /** Maximum size in this class; `Infinity` for the last one. */
  readonly most: number;
  /** In order of time. */
  readonly samples: readonly Sample[];
}

/**
 * A device that costs as much as it did in recorded flushes: the durations of
 * the flushes, write and sync together, are played again, in blocks of 16 from
 * nearby, chosen at random by `seed`. So slow flushes are as frequent as they
 * were, and follow each other as they did. If the run makes more or fewer
 * flushes than the recording, playing goes back or forward from time to time, so
 * that slow minutes stay slow; after the end of the recording it begins again.
 * The write's share is the median.
 *
 * Use a model for one run, because it counts on.
 *
 * Flushes of different sizes are played separately: up to 16 KiB, up to 64 KiB,
 * and so on; a group of fewer than 16 flushes is merged with the next one.
 *
 * Throws `RangeError` if there is no flush to play.
 *
 * Source: the moving-blocks bootstrap (Kuensch 1989), with each block from within
 * a twentieth of the recording before or after its place.
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
 * assert.deepEqual([costs.writeMs(100), costs.syncMs(9, 100, 0)], [1, 4]);
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
  const sample = (flush: FlushReport, endedAt: number) => {
    const { bytes: size, startedAt: at } = flush;
    return { at, size, ms: endedAt - at };
  };
  const whole = toClasses(
    flushes.map((flush) => sample(flush, flush.endedAt)),
    ALIKE_BYTES,
  );
  const writes = toClasses(
    flushes.map((flush) => sample(flush, flush.writtenAt)),
    ALIKE_BYTES,
  ).map(({ most, samples }) => ({ most, ms: medianMs(samples) }));
  const writeMs = (bytes: number) =>
    writes.find(({ most }) => bytes <= most)!.ms;
  const flushMs = playback(whole, seed);
  return {
    writeMs,
    syncMs: (at, bytes) => Math.max(0, flushMs(at, bytes) - writeMs(bytes)),
  };
}

/** How long the callers' work took in one turn of the event loop. */
export interface TurnCost {
  /** When it began, in ms. */
  readonly at: number;
  /** How many appends were made in it, and how many records acknowledged. */
  readonly calls: number;
  /** Ms until the policy was asked. */
  readonly ms: number;
}

/**
 * How long callers take to append: recorded turns are played as
 * {@linkcode sampledCosts} plays flushes, and scaled by their calls. To be added
 * to the costs of a device. Empty without turns.
 *
 * The scale is a line through the medians of the smaller turns and of the larger
 * ones. What a turn took beyond its place on the line, in proportion, is added
 * to any other, but no more ms than it was: a pause is as long in a large turn.
 *
 * @example
 * ```ts
 * import { constantCosts, sampledTurns } from "@syncline/wal/simulator";
 * import assert from "node:assert/strict";
 *
 * const turns = sampledTurns([{ at: 5, calls: 1, ms: 0.02 }]);
 * const costs = { ...constantCosts({ syncMs: 1 }), ...turns };
 * assert.equal(costs.turnMs?.(7, 1), 0.02);
 * ```
 */
export function sampledTurns(
  turns: readonly TurnCost[],
  seed = 1,
): Pick<CostModel, "turnMs"> {
  if (turns.length === 0) return {};
  const samples = turns.map(({ at, calls: size, ms }) => ({ at, size, ms }));
  const usualMs = lineThrough(samples);
  const all = new Playback({ samples, most: Infinity }, seed);
  return {
    turnMs(at, calls) {
      const { size, ms } = all.take(at);
      const [usual, here] = [usualMs(size), usualMs(calls)];
      const scale = usual > 0 ? here / usual : 1;
      return Math.min(ms * scale, Math.max(0, here + ms - usual));
    },
  };
}

/** Usual durations by size: they neither shrink nor begin below 0. */
function lineThrough(samples: readonly Sample[]): (size: number) => number {
  const sorted = [...samples].sort((a, b) => a.size - b.size);
  const half = Math.ceil(sorted.length / 2);
  const [x1, y1] = middleOf(sorted.slice(0, half));
  const [x2, y2] = middleOf(sorted.slice(-half));
  const slope = x2 > x1 ? Math.max(0, (y2 - y1) / (x2 - x1)) : y1 / x1;
  const start = y1 - slope * x1;
  return start < 0 ? (size) => size * y2 / x2 : (size) => start + slope * size;
}

function middleOf(samples: readonly Sample[]): [size: number, ms: number] {
  return [samples[samples.length >> 1].size, medianMs(samples)];
}

function medianMs(samples: readonly Sample[]): number {
  const ascending = samples.map(({ ms }) => ms).sort((a, b) => a - b);
  return ascending[ascending.length >> 1];
}

/** Groups samples by size: the first group ends at `alike`. */
function toClasses(
  samples: readonly Sample[],
  alike: number,
): SizeClass[] {
  const sorted = [...samples].sort((a, b) => a.size - b.size);
  const classes: SizeClass[] = [];
  let first = 0;
  for (let end = 1; end <= sorted.length; end++) {
    const step = stepOf(sorted[end - 1].size, alike);
    const isLast = end === sorted.length;
    const isEnough = end - first >= LEAST_SAMPLES &&
      sorted.length - end >= LEAST_SAMPLES;
    const isNext = !isLast && stepOf(sorted[end].size, alike) > step;
    if (!isLast && !(isEnough && isNext)) continue;
    const some = sorted.slice(first, end).sort((a, b) => a.at - b.at);
    classes.push({
      most: isLast ? Infinity : alike * STEP ** step,
      samples: some,
    });
    first = end;
  }
  return classes;
}

function stepOf(size: number, alike: number): number {
  let step = 0;
  for (let most = alike; size > most; most *= STEP) step++;
  return step;
}

/** Plays recorded samples again, one after another. */
class Playback {
  readonly #samples: readonly Sample[];
  readonly #most: number;
  readonly #spanMs: number;
  readonly #slackMs: number;
  readonly #seed: number;
  /** How far from its place a block may be taken from, in samples. */
  readonly #reach: number;
  #taken = 0;
  /** Which sample is next; none is at first. */
  #next: number | undefined;

  constructor({ samples, most }: SizeClass, seed: number) {
    const { length } = samples;
    const last = samples[length - 1];
    this.#samples = samples;
    this.#most = most;
    this.#spanMs = last.at + last.ms - samples[0].at;
    const reach = Math.min(1, Math.max(REACH, NEIGHBOURS / length)) / 2;
    this.#slackMs = reach * this.#spanMs;
    this.#reach = Math.floor(reach * length);
    this.#seed = seed;
  }

  /** Whether it has samples for this size. */
  suits(size: number): boolean {
    return size <= this.#most;
  }

  /** The next sample, unless it is from another time than `at`. */
  take(at: number): Sample {
    const samples = this.#samples;
    const { length } = samples;
    const seenAt = samples[0].at + this.#lap(at - samples[0].at);
    const nth = this.#next !== undefined && this.#isNear(this.#next, seenAt)
      ? this.#next
      : countBelow(samples, seenAt, (sample) => sample.at) % length;
    this.#next = (nth + 1) % length;
    const block = Math.floor(this.#taken++ / BLOCK);
    const share = uniform(this.#seed, block, length);
    const place = nth + Math.round((2 * share - 1) * this.#reach);
    return samples[mirror(place, length - 1)];
  }

  #isNear(nth: number, at: number): boolean {
    const ms = this.#lap(this.#samples[nth].at - at);
    return Math.min(ms, this.#spanMs - ms) <= this.#slackMs;
  }

  /** What is over after whole recordings, at least 0. */
  #lap(ms: number): number {
    if (this.#spanMs === 0) return 0;
    return ms - Math.floor(ms / this.#spanMs) * this.#spanMs;
  }
}

/** Plays the samples of each size again. */
function playback(
  classes: readonly SizeClass[],
  seed: number,
): (at: number, size: number) => number {
  const all = classes.map((one) => new Playback(one, seed));
  return (at, size) => all.find((one) => one.suits(size))!.take(at).ms;
}

/** `place` within 0 and `most`, on a path that turns back at both. */
function mirror(place: number, most: number): number {
  return place < 0 ? -place : Math.min(place, 2 * most - place);
}

/** How many of `sorted` are below `value`. */
export function lowerBound(sorted: ArrayLike<number>, value: number): number {
  return countBelow(sorted, value, (one) => one);
}

function countBelow<Item>(
  sorted: ArrayLike<Item>,
  value: number,
  of: (item: Item) => number,
): number {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (of(sorted[middle]) < value) from = middle + 1;
    else to = middle;
  }
  return from;
}

import type { SeededRandom } from "../../random.ts";

/** An append, or an appendBatch if there are several sizes. */
export interface Arrival {
  /** The instant, in ms. */
  readonly at: number;
  /** Bytes of each record. */
  readonly sizes: readonly number[];
}

/** How arrivals follow one another: the ms from each to the next. */
const shapes: Record<string, (random: SeededRandom, index: number) => number> =
  {
    lone: (random) => random.integer(20, 200),
    burst: (random, index) => index % 7 < 6 ? 0 : random.integer(5, 50),
    steady: () => 0.7,
    "on/off": (random, index) => index % 9 < 8 ? 0.3 : random.integer(100, 400),
  };

/** The names of the shapes. */
export const SHAPES: readonly string[] = Object.keys(shapes);

const SIZES = [0, 1, 8, 8, 30, 30, 30, 100, 500, 2000, 70_000];

/** Returns `count` arrivals of a shape. */
export function arrivalsOf(
  shape: string,
  count: number,
  random: SeededRandom,
): Arrival[] {
  let at = 0;
  return Array.from({ length: count }, (_, index) => {
    const records = random.next() < 0.8 ? 1 : random.integer(2, 6);
    const sizes = Array.from({ length: records }, () => random.pick(SIZES));
    const arrival = { at, sizes };
    at += shapes[shape](random, index);
    return arrival;
  });
}

/** Describes arrivals: the instant, and the bytes of each record. */
export function describeArrivals(arrivals: readonly Arrival[]): string {
  const words = arrivals.map(({ at, sizes }) =>
    `${Number(at.toFixed(3))} ms ${sizes.join("+")} B`
  );
  return `Arrivals: ${words.join(", ")}`;
}

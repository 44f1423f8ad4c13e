/**
 * A number from 0 up to, but not including, 1 that looks random and is the same
 * for the same integers: no state, so that what uses it can be run again.
 *
 * Source: the finalizer of MurmurHash3 by Austin Appleby (public domain).
 */
export function uniform(seed: number, which: number, nth: number): number {
  let mixed = mix(seed ^ Math.imul(which + 1, 0x9e3779b1));
  mixed = mix(mixed ^ Math.imul(nth + 1, 0x85ebca77));
  return (mixed >>> 0) / 2 ** 32;
}

/** The time to the next of events that are independent, `mean` on average. */
export function exponential(share: number, mean: number): number {
  return -Math.log(1 - share) * mean;
}

function mix(value: number): number {
  let mixed = value ^ value >>> 16;
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed = Math.imul(mixed ^ mixed >>> 13, 0xc2b2ae35);
  return mixed ^ mixed >>> 16;
}

/** Picks an integer from 0 up to, but not including, `choices`. */
export type Choose = (choices: number) => number;

/**
 * Chooses at random, the same for the same seed, a 32-bit integer. The
 * generator is mulberry32 by Tommy Ettinger (public domain).
 */
export function seeded(seed: number): Choose {
  let state = seed >>> 0;
  return (choices) => {
    state = state + 0x6d2b79f5 | 0;
    let mixed = Math.imul(state ^ state >>> 15, 1 | state);
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed;
    return ((mixed ^ mixed >>> 14) >>> 0) % choices;
  };
}

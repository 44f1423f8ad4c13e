import { seededRandom } from "../process/make_records.ts";

/**
 * Instants in ms from 0 on at which records come: `rate` a second on average,
 * each independent of the others (a Poisson process), the same for each seed.
 */
export function arrivals(
  rate: number,
  seconds: number,
  seed: number,
): Float64Array {
  const random = seededRandom(seed);
  const instants: number[] = [];
  let at = 0;
  while (true) {
    at -= Math.log(1 - random()) / rate * 1000;
    if (at >= seconds * 1000) return Float64Array.from(instants);
    instants.push(at);
  }
}

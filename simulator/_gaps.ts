import type { Arrival } from "./arrival.ts";

/** Single records, the first at 0; `gap` says the ms from one to the next. */
export function arrivalsByGap(
  count: number,
  bytes: number,
  gap: (nth: number, at: number) => number,
): Iterable<Arrival> {
  return {
    *[Symbol.iterator]() {
      let at = 0;
      for (let nth = 0; nth < count; nth++) {
        yield { at, bytes };
        at += gap(nth, at);
      }
    },
  };
}

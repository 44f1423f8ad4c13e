import { quantile } from "../../simulator/quantile.ts";

/** The gaps between the beats of a timer, while something else went on. */
export interface Gaps {
  readonly beats: number;
  /** The longest gap, in ms; a timer that was never late has 1 to 2 ms. */
  readonly longestMs: number;
  /** 999 of 1000 gaps were no longer. */
  readonly p999Ms: number;
  /** Gaps of more than 3 ms, after which the timer was more than 2 ms late. */
  readonly lateBeats: number;
}

/** Runs `act` while a timer of 1 ms beats, and returns its gaps. */
export async function withHeartbeat<Value>(
  act: () => Promise<Value>,
  onBeat: () => void = () => {},
): Promise<Gaps & { readonly ms: number; readonly value: Value }> {
  const gaps: number[] = [];
  let lastAt = performance.now();
  let timer: ReturnType<typeof setTimeout>;
  const note = () => {
    const now = performance.now();
    gaps.push(now - lastAt);
    lastAt = now;
  };
  const beat = () => {
    note();
    onBeat();
    timer = setTimeout(beat, 1);
  };
  timer = setTimeout(beat, 1);
  const startedAt = performance.now();
  const value = await act();
  const ms = performance.now() - startedAt;
  clearTimeout(timer);
  // What held the timer up until the end counts too.
  note();
  gaps.sort((one, other) => one - other);
  return {
    ...{ beats: gaps.length, ms, value },
    longestMs: gaps.at(-1)!,
    p999Ms: quantile(gaps, 0.999),
    lateBeats: gaps.filter((gap) => gap > 3).length,
  };
}

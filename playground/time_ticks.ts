import type { TimeWindow } from "./time_window.ts";

/** A label of a time axis. */
export interface TimeTick {
  /** Pixels from the left. */
  readonly place: number;
  readonly text: string;
}

/** Room that a label needs, in pixels. */
const ROOM = 68;

/** Round instants of a window, as labels with the same digits. */
export function timeTicks(
  { fromMs, toMs }: TimeWindow,
  width: number,
): TimeTick[] {
  const atLeast = (toMs - fromMs) / Math.max(1, width / ROOM);
  const decade = 10 ** Math.floor(Math.log10(atLeast));
  const step = [1, 2, 5, 10].map((times) => times * decade)
    .find((ms) => ms >= atLeast)!;
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const ticks: TimeTick[] = [];
  for (let nth = Math.ceil(fromMs / step); nth * step <= toMs; nth++) {
    const place = (nth * step - fromMs) / (toMs - fromMs) * width;
    ticks.push({ place, text: `${(nth * step).toFixed(digits)} ms` });
  }
  return ticks;
}

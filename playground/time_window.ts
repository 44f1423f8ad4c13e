import type { Outcome } from "./outcome.ts";
import { type Settings, withNumber } from "./settings.ts";

/** Room for a flush of the most eager policy, at no zoom, in pixels. */
const FLUSH_WIDTH = 26;

/** A part of the run, in ms. */
export interface TimeWindow {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * The part of the run that the time line shows: some dozens of flushes of the
 * policy that makes the most, as far as `width` pixels have room for them. It
 * goes as far as the shortest run, so that each policy has something to show:
 * callers who wait are done sooner where they wait less.
 */
export function timeWindow(
  outcomes: readonly Outcome[],
  { numbers: { place, zoom } }: Settings,
  width: number,
): TimeWindow {
  const startedAt = Math.min(...outcomes.map((one) => one.startedAt));
  const endedAt = Math.min(...outcomes.map((one) => one.endedAt));
  const rates = outcomes.map(({ figures }) => figures.flushesPerSecond);
  const most = Math.max(...rates);
  const runMs = Math.max(endedAt - startedAt, 1e-3);
  const flushes = width / FLUSH_WIDTH / zoom;
  const wantedMs = most > 0 ? flushes / most * 1000 : runMs;
  const windowMs = Math.min(wantedMs, runMs);
  const fromMs = startedAt + (runMs - windowMs) * place / 100;
  return { fromMs, toMs: fromMs + windowMs };
}

/** By how many per cent of the run a whole window is further on. */
export function placeStep(
  outcomes: readonly Outcome[],
  settings: Settings,
  width: number,
): number {
  const windowAt = (place: number) =>
    timeWindow(outcomes, withNumber(settings, "place", place), width);
  const [first, last] = [windowAt(0), windowAt(100)];
  const rangeMs = last.fromMs - first.fromMs;
  return rangeMs > 0 ? (first.toMs - first.fromMs) / rangeMs * 100 : 100;
}

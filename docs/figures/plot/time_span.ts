/** A span of time as it is drawn, in ms; long idle times may be cut short. */
export interface TimeSpan {
  readonly fromMs: number;
  readonly toMs: number;
  /** What is cut short, in order; nothing by default. */
  readonly cuts?: readonly Cut[];
}

/** An idle time that is drawn shorter than it was. */
export interface Cut {
  /** Where it is drawn, in the ms of its span. */
  readonly fromMs: number;
  readonly toMs: number;
  /** How long it really was, in ms. */
  readonly idleMs: number;
}

/** Where an instant is drawn; up to the first cut, where it is. */
export function drawnAt({ cuts = [] }: TimeSpan, at: number): number {
  let hiddenMs = 0;
  for (const { fromMs, toMs, idleMs } of cuts) {
    const share = (at - hiddenMs - fromMs) / idleMs;
    if (share <= 0) break;
    hiddenMs += Math.min(1, share) * (idleMs - (toMs - fromMs));
  }
  return at - hiddenMs;
}

/** The instant that is drawn there: the inverse of `drawnAt`. */
export function instantAt({ cuts = [] }: TimeSpan, drawn: number): number {
  let hiddenMs = 0;
  for (const { fromMs, toMs, idleMs } of cuts) {
    const share = (drawn - fromMs) / (toMs - fromMs);
    if (share <= 0) break;
    hiddenMs += Math.min(1, share) * (idleMs - (toMs - fromMs));
  }
  return drawn + hiddenMs;
}

/** A label of a time axis. */
export interface TimeTick {
  /** Where it is drawn. */
  readonly at: number;
  /** The instant that it names. */
  readonly ms: number;
}

/** Round instants, at least `leastMs` apart and none of them in a cut. */
export function timeTicks(span: TimeSpan, leastMs: number): TimeTick[] {
  const { cuts = [] } = span;
  const closestMs = leastMs * (1 - 1e-6);
  const decade = 10 ** Math.floor(Math.log10(leastMs));
  const factor = [1, 2, 5, 10].find((one) => one * decade >= leastMs) ?? 10;
  // A multiple of a number such as 0.01 is exact only if it is divided.
  const [step, per] = decade < 1
    ? [factor, Math.round(1 / decade)]
    : [factor * decade, 1];
  const ticks: TimeTick[] = [];
  const starts = [span.fromMs, ...cuts.map(({ toMs }) => toMs)];
  for (const [index, start] of starts.entries()) {
    const end = cuts[index]?.fromMs ?? span.toMs;
    // An instant within the part tells how far the part is shifted.
    const shift = instantAt(span, (start + end) / 2) - (start + end) / 2;
    const first = Math.ceil((start + shift) * per / step);
    for (let nth = first; nth * step / per <= end + shift; nth++) {
      const ms = nth * step / per;
      const at = ms - shift;
      if (at - (ticks.at(-1)?.at ?? -Infinity) < closestMs) continue;
      ticks.push({ at, ms });
    }
  }
  return ticks;
}

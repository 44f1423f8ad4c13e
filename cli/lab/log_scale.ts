/** A logarithmic axis: values above 0 to pixels. */
export interface LogScale {
  readonly at: (value: number) => number;
  /** Values that deserve a label. */
  readonly ticks: readonly number[];
}

/** Ticks are up to a third apart, and one has to be on the axis. */
const LEAST_MARGIN = 1.25;

/** An axis on which all of `values` have room, from one pixel to another. */
export function logScale(
  values: readonly number[],
  fromPixel: number,
  toPixel: number,
): LogScale {
  const some = values.filter((value) => value > 0 && value < Infinity);
  const [least, most] = some.length === 0
    ? [1, 10]
    : [some.reduce((a, b) => Math.min(a, b)), some.reduce(larger)];
  const margin = Math.max(LEAST_MARGIN, (most / least) ** 0.06);
  const [from, to] = [Math.log10(least / margin), Math.log10(most * margin)];
  const at = (value: number) => {
    const place = Math.max(from, Math.log10(Math.max(value, 0)));
    const share = (place - from) / (to - from);
    return fromPixel + share * (toPixel - fromPixel);
  };
  return { at, ticks: ticksBetween(from, to) };
}

function larger(a: number, b: number): number {
  return Math.max(a, b);
}

/** Powers of ten, and what is between where there are few. */
function ticksBetween(from: number, to: number): number[] {
  const steps = to - from > 3 ? [1] : to - from > 0.9 ? [1, 2, 5] : EVERY;
  const ticks: number[] = [];
  for (let decade = Math.floor(from); decade <= to; decade++) {
    for (const step of steps) {
      const tick = Number(`${step}e${decade}`);
      const place = Math.log10(tick);
      if (place >= from && place <= to) ticks.push(tick);
    }
  }
  return ticks;
}

const EVERY = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8];

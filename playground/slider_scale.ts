import { admit, type NumberField } from "./number_field.ts";

/** Steps of a logarithmic slider from a number to ten times of it. */
const STEPS_PER_DECADE = 20;

/** Steps of a linear slider. */
const LINEAR_STEPS = 100;

/** A slider: positions from 0 to `steps`, and the numbers that they are. */
export interface SliderScale {
  /** The last position. */
  readonly steps: number;
  /** The number at a position, which is a short one. */
  valueAt(position: number): number;
  /** The position that is nearest to a number. */
  positionOf(value: number): number;
}

/** A slider for a field: equal steps are equal factors, unless it is linear. */
export function sliderScale(field: NumberField): SliderScale {
  return field.isLinear ? linearScale(field) : logarithmicScale(field);
}

function linearScale(field: NumberField): SliderScale {
  const step = (field.most - field.least) / LINEAR_STEPS;
  return {
    steps: LINEAR_STEPS,
    valueAt: (position) => shorten(field.least + position * step, 4),
    positionOf: (value) => Math.round((value - field.least) / step),
  };
}

function logarithmicScale(field: NumberField): SliderScale {
  const { least, most } = field;
  const first = field.orZero ? 1 : 0;
  const decades = Math.log10(most / least);
  const last = first + Math.round(decades * STEPS_PER_DECADE);
  return {
    steps: last,
    valueAt(position) {
      if (position < first) return 0;
      const share = (position - first) / (last - first);
      const exact = least * (most / least) ** share;
      // The ends are themselves, also where they have more digits.
      if (position === first) return least;
      return position === last ? most : admit(field, shorten(exact, 2));
    },
    positionOf(value) {
      if (value <= 0) return 0;
      const share = Math.log10(value / least) / decades;
      return Math.max(first, first + Math.round(share * (last - first)));
    },
  };
}

function shorten(value: number, digits: number): number {
  return Number(value.toPrecision(digits));
}

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
  const values = logarithmicValues(field);
  const distance = (value: number, to: number) =>
    Math.abs(Math.log(value / to));
  return {
    steps: values.length - 1,
    valueAt: (position) => values[position],
    positionOf(value) {
      if (value <= 0) return 0;
      let nearest = values.length - 1;
      for (let position = nearest - 1; position >= 0; position--) {
        const isNearer = distance(value, values[position]) <
          distance(value, values[nearest]);
        if (isNearer) nearest = position;
      }
      return nearest;
    },
  };
}

/** Each once: where whole numbers are far apart, steps are larger. */
function logarithmicValues(field: NumberField): number[] {
  const { least, most } = field;
  const decades = Math.log10(most / least);
  const last = Math.round(decades * STEPS_PER_DECADE);
  const values = new Set(field.orZero ? [0, least] : [least]);
  for (let step = 1; step < last; step++) {
    const exact = least * (most / least) ** (step / last);
    values.add(admit(field, shorten(exact, 2)));
  }
  // The ends are themselves, also where they have more digits.
  return [...values.add(most)];
}

function shorten(value: number, digits: number): number {
  return Number(value.toPrecision(digits));
}

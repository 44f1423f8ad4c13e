import { POLICY_NUMBERS } from "../figures/roster.ts";

/** A number that can be set on the page. */
export interface NumberField {
  /** What it is, next to its slider. */
  readonly label: string;
  /** Its unit, or nothing. */
  readonly unit: string;
  /** What it means, if that needs a sentence. */
  readonly hint?: string;
  /** Its minimum. */
  readonly least: number;
  /** Its maximum. */
  readonly most: number;
  /** Its value on a fresh page. */
  readonly initial: number;
  /** Whether it must be a whole number. */
  readonly isWhole?: boolean;
  /** Whether 0 is allowed, too, as the left end of a logarithmic slider. */
  readonly orZero?: boolean;
  /** Whether the slider is linear instead of logarithmic. */
  readonly isLinear?: boolean;
}

/**
 * All numbers, by their names in a link. A fresh page has a load and limits with
 * which the policies visibly do different things.
 */
export const NUMBERS = {
  rate: {
    label: "Arrival rate",
    unit: "records/s",
    least: 1,
    most: 200_000,
    initial: 600,
  },
  burst: {
    label: "Burst size",
    unit: "records",
    least: 1,
    most: 1000,
    initial: 16,
    isWhole: true,
  },
  burstMs: {
    label: "Burst length",
    unit: "ms",
    least: 0.05,
    most: 1000,
    initial: 4,
    orZero: true,
  },
  callers: {
    label: "Callers",
    unit: "that wait",
    least: 1,
    most: 2000,
    initial: 64,
    isWhole: true,
  },
  think: {
    label: "Thinking time",
    unit: "ms",
    least: 0.01,
    most: 1000,
    initial: 10,
    orZero: true,
  },
  size: {
    label: "Record size",
    unit: "bytes",
    least: 1,
    most: 1_048_576,
    initial: 200,
    isWhole: true,
  },
  appends: {
    label: "Appends",
    unit: "to simulate",
    least: 1000,
    most: 1_000_000,
    initial: 20_000,
    isWhole: true,
  },
  sync: {
    label: "Sync cost",
    unit: "ms",
    least: 0.02,
    most: 200,
    initial: 8,
  },
  spread: {
    label: "Sync spread",
    unit: "as a factor",
    least: 1,
    most: 3,
    initial: 1.3,
    isLinear: true,
  },
  write: {
    label: "Writing 1 MiB",
    unit: "ms",
    least: 0.01,
    most: 1000,
    initial: 1,
    orZero: true,
  },
  depth: {
    label: "In flight",
    unit: "at most",
    hint: "A disk has one at a time. Requests may overlap, and are still " +
      "acknowledged in order.",
    least: 1,
    most: 64,
    initial: 1,
    isWhole: true,
  },
  window: {
    label: "Window",
    unit: "ms",
    least: 0.05,
    most: 100,
    initial: 2,
    orZero: true,
  },
  count: {
    label: "Records",
    unit: "at most",
    least: 1,
    most: 10_000,
    initial: 8,
    isWhole: true,
  },
  bytes: {
    label: "Bytes",
    unit: "at most",
    least: 1,
    most: 16_777_216,
    initial: 2048,
    isWhole: true,
  },
  age: {
    label: "Age",
    unit: "ms",
    least: 0.05,
    most: 1000,
    initial: POLICY_NUMBERS.age,
    orZero: true,
  },
  target: {
    label: "p99 goal",
    unit: "ms, 0: none",
    least: 0.05,
    most: 1000,
    initial: POLICY_NUMBERS.target,
    orZero: true,
  },
  worth: {
    label: "A flush is worth",
    unit: "ms, 0: none",
    hint: "How long one record could wait for the price of a flush: that " +
      "price divided by what 1 ms of one record’s waiting costs. A p99 goal " +
      "takes precedence.",
    least: 1,
    most: 1_000_000,
    initial: POLICY_NUMBERS.worth,
    orZero: true,
  },
  ladder: {
    label: "Largest batch",
    unit: "0: automatic",
    least: 2,
    most: 10_000,
    initial: POLICY_NUMBERS.ladder,
    isWhole: true,
    orZero: true,
  },
  anyCount: {
    label: "Records",
    unit: "at most",
    least: 1,
    most: 10_000,
    initial: POLICY_NUMBERS.anyCount,
    isWhole: true,
  },
  anyBytes: {
    label: "Bytes",
    unit: "at most",
    least: 1,
    most: 16_777_216,
    initial: POLICY_NUMBERS.anyBytes,
    isWhole: true,
  },
  anyAge: {
    label: "Age",
    unit: "ms",
    least: 0.05,
    most: 1000,
    initial: POLICY_NUMBERS.anyAge,
    orZero: true,
  },
  price: {
    label: "A million flushes",
    unit: "cost, 0: none",
    hint: "A price of 0.005 for 1,000 requests is 5 here. A log that is idle " +
      "makes no requests and costs nothing.",
    least: 0.01,
    most: 1000,
    initial: 0,
    orZero: true,
  },
  bound: {
    label: "p99 within",
    unit: "ms, 0: any",
    least: 0.1,
    most: 10_000,
    initial: 0,
    orZero: true,
  },
  seed: {
    label: "Seed",
    unit: "",
    least: 1,
    most: 999_999,
    initial: 1,
    isWhole: true,
  },
  place: {
    label: "Place in the run",
    unit: "%",
    least: 0,
    most: 100,
    initial: 50,
    isLinear: true,
  },
  zoom: {
    label: "Zoom",
    unit: "×",
    least: 0.125,
    most: 16,
    initial: 1,
  },
} as const satisfies Record<string, NumberField>;

/** The name of a number. */
export type NumberName = keyof typeof NUMBERS;

/** The field of a number. */
export function fieldOf(name: NumberName): NumberField {
  return NUMBERS[name];
}

/** The number of the field that is nearest to `value`; `initial` for `NaN`. */
export function admit(field: NumberField, value: number): number {
  if (Number.isNaN(value)) return field.initial;
  if (field.orZero && value <= field.least / 2) return 0;
  const within = Math.min(field.most, Math.max(field.least, value));
  return field.isWhole ? Math.round(within) : within;
}

/** Steps of a logarithmic slider per factor of ten. */
const STEPS_PER_DECADE = 20;

/** Steps of a linear slider. */
const LINEAR_STEPS = 100;

/** A slider: positions from 0 to `steps`, and the numbers they stand for. */
export interface SliderScale {
  /** The last position. */
  readonly steps: number;
  /** The number at a position, rounded to few digits. */
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

/** Each number once, even where steps are smaller than whole numbers. */
function logarithmicValues(field: NumberField): number[] {
  const { least, most } = field;
  const decades = Math.log10(most / least);
  const last = Math.round(decades * STEPS_PER_DECADE);
  const values = new Set(field.orZero ? [0, least] : [least]);
  for (let step = 1; step < last; step++) {
    const exact = least * (most / least) ** (step / last);
    values.add(admit(field, shorten(exact, 2)));
  }
  // The ends are exact, even if they have more digits.
  return [...values.add(most)];
}

function shorten(value: number, digits: number): number {
  return Number(value.toPrecision(digits));
}

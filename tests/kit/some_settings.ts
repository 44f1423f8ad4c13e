import * as fc from "fast-check";
import { GOALS } from "../../cli/lab/decide.ts";
import { CANDIDATES } from "../../docs/playground/candidate.ts";
import {
  admit,
  fieldOf,
  type NumberName,
  NUMBERS,
} from "../../docs/playground/number_field.ts";
import {
  COSTS,
  FLUSHINGS,
  LEVELS,
  LOADS,
  METRICS,
  type Settings,
} from "../../docs/playground/settings.ts";

const names = Object.keys(NUMBERS) as NumberName[];
const ids = CANDIDATES.map(({ id }) => id);

/** Any settings that the page can have. */
export const someSettings: fc.Arbitrary<Settings> = fc.record({
  load: fc.constantFrom(...LOADS),
  costs: fc.constantFrom(...COSTS),
  level: fc.constantFrom(...LEVELS),
  flushing: fc.constantFrom(...FLUSHINGS),
  metric: fc.constantFrom(...METRICS),
  goal: fc.constantFrom(...GOALS),
  hidden: fc.subarray(ids),
  choice: fc.constantFrom("best", ...ids),
  numbers: fc.record(
    Object.fromEntries(names.map((name) => {
      const { least: min, most: max } = fieldOf(name);
      const some = fc.double({ min, max, noNaN: true });
      return [name, some.map((value) => admit(fieldOf(name), value))];
    })),
    { noNullPrototype: true },
  ) as fc.Arbitrary<Settings["numbers"]>,
}, { noNullPrototype: true });

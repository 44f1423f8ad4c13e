import {
  admit,
  fieldOf,
  type NumberName,
  NUMBERS,
  sliderScale,
} from "../../../docs/playground/number_field.ts";
import { assertEquals, assertGreater } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

const names = Object.keys(NUMBERS) as NumberName[];

/** The numbers at all positions of a field's slider. */
function valuesOf(name: NumberName): number[] {
  const scale = sliderScale(fieldOf(name));
  const positions = Array.from({ length: scale.steps + 1 }, (_, at) => at);
  return positions.map((position) => scale.valueAt(position));
}

test("sliderScale() reaches both ends of each field", () => {
  for (const name of names) {
    const { least, most, orZero } = fieldOf(name);
    const values = valuesOf(name);
    const ends = [name, values[0], values.at(-1)];
    assertEquals(ends, [name, orZero ? 0 : least, most]);
  }
});

test("sliderScale() has no number out of bounds, and each step is one", () => {
  for (const name of names) {
    const values = valuesOf(name);
    for (const [index, value] of values.entries()) {
      assertEquals([name, value], [name, admit(fieldOf(name), value)]);
      assertGreater(value, values[index - 1] ?? -1);
    }
  }
});

test("sliderScale() shows a number at the position that has it", () => {
  for (const name of names) {
    const scale = sliderScale(fieldOf(name));
    for (const value of valuesOf(name)) {
      const shown = scale.valueAt(scale.positionOf(value));
      assertEquals([name, shown], [name, value]);
    }
  }
});

test("sliderScale() has numbers of two digits, in equal factors", () => {
  const { valueAt } = sliderScale(fieldOf("rate"));
  const values = [0, 1, 10, 20, 33].map(valueAt);
  assertEquals(values, [1, 1.1, 3.2, 10, 45]);
  const whole = sliderScale(fieldOf("burst"));
  assertEquals([0, 1, 2, 3].map(whole.valueAt), [1, 2, 3, 4]);
});

test("sliderScale() shows what is typed at the nearest position", () => {
  const { valueAt, positionOf } = sliderScale(fieldOf("rate"));
  const nearest = [0, 1, 1234, 199_999, 1e9].map(positionOf).map(valueAt);
  assertEquals(nearest, [1, 1, 1300, 200_000, 200_000]);
});

import {
  type Look,
  PALETTES,
  paletteStyle,
  symbolOf,
  SYMBOLS,
} from "../../../../docs/figures/plot/palette.ts";
import { roster } from "../../../../docs/figures/roster.ts";
import { assertEquals, assertGreater } from "../../../kit/assert.ts";
import { test } from "../../../kit/register.ts";

type Triple = readonly number[];

/**
 * What linear red, green and blue become to eyes without one kind of cone.
 *
 * Source: Machado, Oliveira and Fernandes, "A Physiologically-based Model for
 * Simulation of Color Vision Deficiency" (2009), severity 1.
 */
const VISIONS: Readonly<Record<string, readonly Triple[]>> = {
  any: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.011820, 0.042940, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.303900],
  ],
};

/** Linear sRGB to CIE XYZ, each part as a share of white's. */
const TO_XYZ: readonly Triple[] = [
  [0.4339, 0.3763, 0.1899],
  [0.2126, 0.7152, 0.0722],
  [0.0177, 0.1095, 0.8729],
];

function times(matrix: readonly Triple[], [a, b, c]: Triple): number[] {
  return matrix.map((row) => row[0] * a + row[1] * b + row[2] * c);
}

/** The red, green and blue of `#rrggbb`, as shares of light. */
function linear(color: string): number[] {
  return [1, 3, 5].map((at) => {
    const value = parseInt(color.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
}

/** CIE L*a*b*, in which equal distances look about equally different. */
function lab(color: string, vision: readonly Triple[]): number[] {
  const seen = times(vision, linear(color))
    .map((share) => Math.min(1, Math.max(0, share)));
  const [x, y, z] = times(TO_XYZ, seen).map((share) =>
    share > 0.008856 ? Math.cbrt(share) : 7.787 * share + 16 / 116
  );
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** As WCAG defines it, 1 to 21. */
function contrast(one: string, other: string): number {
  const [less, more] = [one, other]
    .map((color) => times(TO_XYZ, linear(color))[1]).sort((a, b) => a - b);
  return (more + 0.05) / (less + 0.05);
}

for (const [ground, palette] of Object.entries(PALETTES)) {
  test(`PALETTES.${ground} differ from each other to all eyes`, () => {
    assertEquals(palette.colors.length, SYMBOLS.length);
    for (const [vision, matrix] of Object.entries(VISIONS)) {
      const labs = palette.colors.map((color) => lab(color, matrix));
      for (const [index, one] of labs.entries()) {
        for (const [before, other] of labs.slice(0, index).entries()) {
          const parts = one.map((part, at) => part - other[at]);
          const pair = `${palette.colors[before]} ${palette.colors[index]}`;
          assertGreater(Math.hypot(...parts), 20, `${pair}, ${vision}`);
        }
      }
    }
  });

  test(`PALETTES.${ground} stand out from the paper`, () => {
    for (const color of palette.colors) {
      assertGreater(contrast(color, palette.paper), 2.99, color);
    }
    for (const color of [palette.ink, palette.faint]) {
      assertGreater(contrast(color, palette.paper), 4.5, color);
    }
  });
}

test("paletteStyle() declares the same variables for light and dark", () => {
  const [light, dark] = paletteStyle("svg").split("@media")
    .map((rules) => rules.match(/--\w+(?=:)/g));
  assertEquals(light, dark);
  assertEquals(light?.length, 4 + SYMBOLS.length);
});

test("symbolOf() differs for each color, so none has to be seen", () => {
  const shapes = SYMBOLS.map((_, color) => JSON.stringify(symbolOf({ color })));
  assertEquals(new Set(shapes).size, SYMBOLS.length);
});

test("the policies of the roster differ in color", () => {
  const looks: Look[] = Object.values(roster).map(({ look }) => look);
  assertEquals(new Set(looks.map(({ color }) => color)).size, looks.length);
});

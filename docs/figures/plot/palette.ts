/**
 * The colors and symbols of every plot: in the docs, in the benchmarks and on
 * the playground page. Plots name a color by its CSS variable, so one style
 * sheet switches all of them between light and dark.
 *
 * @module
 */

/** The colors of a plot on one kind of background. */
export interface Palette {
  readonly paper: string;
  readonly ink: string;
  /** For what explains a plot: tick labels, subtitles. */
  readonly faint: string;
  readonly grid: string;
  /** One for each color number of a {@linkcode Look}. */
  readonly colors: readonly string[];
}

/**
 * Colors that people with any color vision can tell apart, on light and on dark
 * paper: Okabe and Ito's, moved apart by a search until every two of them
 * differ for every kind of color blindness. A test checks that.
 */
export const PALETTES: Readonly<Record<"light" | "dark", Palette>> = {
  light: {
    paper: "#ffffff",
    ink: "#1f1f1f",
    faint: "#5c5c5c",
    grid: "#e3e3e3",
    colors: [
      ...["#6b6b6b", "#000000", "#ff4a00", "#00577a", "#1caa66", "#e20eaf"],
      ...["#964723", "#5271ff"],
    ],
  },
  dark: {
    paper: "#15181c",
    ink: "#e8e8e8",
    faint: "#a8a8a8",
    grid: "#31363d",
    colors: [
      ...["#a3a3a3", "#ffffff", "#df6837", "#6f7bf9", "#52e490", "#b950ac"],
      ...["#f2c908", "#add2ff"],
    ],
  },
};

/** A symbol as the chart library names it, and how far it is turned. */
export interface PlotSymbol {
  readonly symbol:
    | "circle"
    | "square"
    | "triangle"
    | "diamond"
    | "star"
    | "wye"
    | "cross";
  readonly rotate: number;
}

/** For readers who see no color: each color number has its own shape. */
export const SYMBOLS: readonly PlotSymbol[] = [
  { symbol: "circle", rotate: 0 },
  { symbol: "square", rotate: 0 },
  { symbol: "triangle", rotate: 0 },
  { symbol: "diamond", rotate: 0 },
  { symbol: "triangle", rotate: 180 },
  { symbol: "star", rotate: 0 },
  { symbol: "wye", rotate: 0 },
  { symbol: "cross", rotate: 0 },
];

/** How a series looks, the same in every plot that shows it. */
export interface Look {
  /** Number of its color. */
  readonly color: number;
  /** Number of its symbol; that of its color by default. */
  readonly symbol?: number;
  /** Dashes of its line, in pixels; solid by default. */
  readonly dash?: string;
  /** Width of its line, in pixels. */
  readonly width?: number;
  /** Whether its line is drawn above the others. */
  readonly isAbove?: boolean;
}

/** The color of a look, as CSS. */
export function colorOf({ color }: Look): string {
  return `var(--c${color})`;
}

/** The symbol of a look. */
export function symbolOf({ color, symbol = color }: Look): PlotSymbol {
  return SYMBOLS[symbol];
}

/** Declares the variables for an element, for light paper and for dark. */
export function paletteStyle(selector: string): string {
  const { light, dark } = PALETTES;
  return `${selector} {\n${variables(light, "  ")}}\n` +
    `@media (prefers-color-scheme: dark) {\n  ${selector} {\n` +
    `${variables(dark, "    ")}  }\n}\n`;
}

function variables({ colors, ...named }: Palette, indent: string): string {
  const numbered = colors.map((color, index) => [`c${index}`, color]);
  return [...Object.entries(named), ...numbered]
    .map(([name, color]) => `${indent}--${name}: ${color};\n`).join("");
}

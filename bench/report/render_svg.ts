/*
 * Why Vega-Lite: it is well kept, says in a declaration what a chart shows, and
 * Vega renders SVG by itself, legends and all, without a browser and without a
 * DOM. Observable Plot needs a DOM beside it (jsdom alone is as large), and its
 * legends are HTML outside of the SVG. D3 would leave axes, legends and facets
 * to be written and kept here.
 */

/** A chart in the words of Vega-Lite. */
export type Chart = Record<string, unknown>;

interface VegaLite {
  compile(spec: Chart): { spec: unknown };
}

interface Vega {
  parse(spec: unknown): unknown;
  View: new (parsed: unknown, options: { renderer: "none" }) => {
    toSVG(): Promise<string>;
  };
}

/** Variables, so that types are checked where the packages are not there. */
const VEGA = "vega";
const VEGA_LITE = "vega-lite";

const FONT = "Verdana, DejaVu Sans, sans-serif";

const config = {
  // Labels for each mark would make files ten times as large.
  aria: false,
  background: "#ffffff",
  font: FONT,
  padding: 12,
  axis: {
    labelFontSize: 11,
    titleFontSize: 12,
    titleFontWeight: "normal",
    gridColor: "#e4e4e4",
    domainColor: "#888888",
    tickColor: "#888888",
    labelColor: "#333333",
    titleColor: "#333333",
  },
  header: { labelFontSize: 12, labelFontWeight: "bold", title: null },
  legend: {
    labelFontSize: 11,
    labelLimit: 400,
    symbolSize: 90,
    symbolStrokeWidth: 2,
    title: null,
  },
  title: {
    anchor: "start",
    fontSize: 14,
    subtitleFontSize: 11,
    subtitleColor: "#555555",
    offset: 14,
  },
  view: { stroke: "#cccccc" },
};

/** Renders a chart on a white ground. */
export async function renderSvg(chart: Chart): Promise<string> {
  const { compile }: VegaLite = await import(VEGA_LITE);
  const { parse, View }: Vega = await import(VEGA);
  const $schema = "https://vega.github.io/schema/vega-lite/v6.json";
  const { spec } = compile({ $schema, config, ...chart });
  const svg = await new View(parse(spec), { renderer: "none" }).toSVG();
  return `${rounded(svg)}\n`;
}

/** A tenth of a pixel is enough, and half the bytes. */
function rounded(svg: string): string {
  return svg.replaceAll(
    / (?:d|transform)="[^"]*"/g,
    (attribute) => attribute.replaceAll(/(\.\d)\d+/g, "$1"),
  );
}

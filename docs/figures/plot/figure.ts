/// <reference lib="dom" />
import { plot, text } from "@observablehq/plot";
import { DOMImplementation, XMLSerializer } from "@xmldom/xmldom";
import { paletteStyle } from "./palette.ts";
import { drawLegend, drawPanel, type Panel, toDrawing } from "./panel.ts";

const SVG = "http://www.w3.org/2000/svg";
const FONT = "system-ui,Verdana,'DejaVu Sans',sans-serif";
const EDGE = 24;
const GAP = 12;
const LINE_HEIGHT = 20;

/** The text above a plot, and its description for readers who cannot see it. */
export interface Heading {
  readonly title: string;
  /** One line or several. */
  readonly subtitle: readonly string[];
  /** What the plot shows, in a sentence. */
  readonly description: string;
}

/** A drawing, and where it stands. */
export interface Placed {
  readonly drawing: SVGSVGElement;
  readonly x: number;
  readonly y: number;
}

/** Panels with one legend for all. */
export interface Panels extends Heading {
  /** Rows from the top, each with panels from the left. */
  readonly rows: readonly (readonly Panel[])[];
  readonly width?: number;
  /** Of a panel. */
  readonly height: number;
}

/** A document to draw in where there is no page. */
export function newDocument(): Document {
  const made = new DOMImplementation().createDocument(SVG, "svg");
  return made as unknown as Document;
}

/** Panels as the text of an SVG file, the same each time. */
export function renderPanels(
  { rows, width = 1000, height, ...heading }: Panels,
): string {
  const document = newDocument();
  const inner = width - 2 * EDGE;
  const top = headHeight(heading);
  const drawn = rows.flatMap((panels, row) => {
    const share = (inner + GAP) / panels.length;
    const size = { width: share - GAP, height };
    return panels.map((panel, column) => ({
      drawing: drawPanel(panel, size, document),
      x: EDGE + column * share,
      y: top + row * (height + GAP),
    }));
  });
  // A series that is off one panel may still be on another.
  const series = new Map(
    rows.flat().flatMap((panel) => panel.series).map((one) => [one.name, one]),
  );
  const legend = drawLegend([...series.values()], inner, document);
  const legendAt = top + rows.length * (height + GAP);
  return renderFigure(heading, document, [
    ...drawn,
    { drawing: legend, x: EDGE, y: legendAt },
  ], { width, height: legendAt + Number(legend.getAttribute("height")) + GAP });
}

/** How far below the edge the first drawing stands. */
export function headHeight({ subtitle }: Heading): number {
  return 48 + subtitle.length * LINE_HEIGHT;
}

/** Drawings below their heading, as the text of an SVG file. */
export function renderFigure(
  heading: Heading,
  document: Document,
  drawings: readonly Placed[],
  { width, height }: { width: number; height: number },
): string {
  const root = make(document, "svg", {
    xmlns: SVG,
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    role: "img",
    "aria-labelledby": "title description",
  });
  root.appendChild(make(document, "title", { id: "title" }, heading.title));
  root.appendChild(
    make(document, "desc", { id: "description" }, heading.description),
  );
  const style = `${paletteStyle("svg")}svg { color: var(--ink) }\n` +
    `text { font-family: ${FONT}; white-space: pre }\n`;
  root.appendChild(make(document, "style", {}, style));
  const paper = { width, height, fill: "var(--paper)" };
  root.appendChild(make(document, "rect", paper));
  const head = { drawing: drawHeading(heading, width, document), x: 0, y: 0 };
  for (const { drawing, x, y } of [head, ...drawings]) {
    drawing.setAttribute("x", String(x));
    drawing.setAttribute("y", String(y));
    root.appendChild(drawing);
  }
  return `${toText(root)}\n`;
}

/** An element of {@linkcode newDocument} as text. */
export function toText(element: Element): string {
  const written = new XMLSerializer().serializeToString(
    element as unknown as Parameters<XMLSerializer["serializeToString"]>[0],
  );
  return rounded(written);
}

function drawHeading(
  heading: Heading,
  width: number,
  document: Document,
): SVGSVGElement {
  const line = { textAnchor: "start" } as const;
  return toDrawing(plot({
    document,
    ...{ width, height: headHeight(heading), margin: 0, axis: null },
    x: { type: "identity" },
    y: { type: "identity" },
    marks: [
      text([[EDGE, 26]], {
        ...{ ...line, text: [heading.title], fontSize: 16, fontWeight: 600 },
      }),
      text(heading.subtitle, {
        ...line,
        x: () => EDGE,
        y: (_, index) => 50 + index * LINE_HEIGHT,
        text: (subtitle: string) => subtitle,
        fill: "var(--faint)",
      }),
    ],
  }));
}

function make(
  document: Document,
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  content?: string,
): Element {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) {
    element.setAttribute(key, String(value));
  }
  if (content !== undefined) {
    element.appendChild(document.createTextNode(content));
  }
  return element;
}

/** A tenth of a pixel is enough, and half the bytes. */
function rounded(svg: string): string {
  return svg.replaceAll(
    / (?:d|transform|[xy][12]?|width|height)="[^"]*"/g,
    (attribute) =>
      attribute.replaceAll(
        /-?\d+\.\d+/g,
        (number) => String(Math.round(Number(number) * 10) / 10),
      ),
  );
}

import {
  newDocument,
  renderPanels,
  toText,
} from "../../../../docs/figures/plot/figure.ts";
import { drawLanes } from "../../../../docs/figures/plot/lanes.ts";
import {
  drawLegend,
  drawPanel,
  type Panel,
} from "../../../../docs/figures/plot/panel.ts";
import { assert, assertEquals, assertMatch } from "../../../kit/assert.ts";
import { test } from "../../../kit/register.ts";

const document = newDocument();
const size = { width: 400, height: 300 };

/** A panel with one series on logarithmic axes. */
function panelOf(
  points: readonly (readonly [number, number])[],
  more: Partial<Panel["series"][number]> = {},
): Panel {
  return {
    x: { scale: "log", label: "records/s" },
    y: { scale: "log" },
    series: [{ name: "one", look: { color: 2 }, points, ...more }],
  };
}

/** The labels along one axis. */
function labelsOf(panel: Panel, axis: "x" | "y"): string[] {
  const drawn = toText(drawPanel(panel, size, document));
  const [, labels] = new RegExp(`${axis}-axis tick label"[^>]*>(.*?)</g>`)
    .exec(drawn)!;
  return [...labels.matchAll(/>([^<]*)<\/text>/g)].map(([, text]) => text);
}

test("drawPanel() labels as many round numbers as have room", () => {
  assertEquals(labelsOf(panelOf([[1, 1], [1e6, 30]]), "x"), [
    ...["1", "10", "100", "1k", "10k", "100k", "1M"],
  ]);
  assertEquals(labelsOf(panelOf([[1, 1], [1e6, 30]]), "y"), [
    ...["1", "2", "5", "10", "20"],
  ]);
  const narrow = panelOf([[1e-9, 1], [1e9, 2]]);
  assert(labelsOf(narrow, "x").length < 8);
});

test("drawPanel() has room for equal values, for 0 and for none", () => {
  for (
    const points of [[], [[5, 5]], [[0, 3], [7, 0]], [[2, 2], [2, 2]]] as const
  ) {
    const drawn = toText(drawPanel(panelOf(points), size, document));
    assert(!/NaN|Infinity|undefined/.test(drawn), drawn);
  }
});

test("drawPanel() draws the symbols that are asked for, hollow and crossed", () => {
  const points = [[1, 1], [2, 2], [3, 3], [4, 4]] as const;
  const drawn = toText(drawPanel(
    panelOf(points, {
      marks: (index) => index > 0,
      hollow: (index) => index === 1,
      breaksOff: true,
    }),
    size,
    document,
  ));
  const dots = [
    ...drawn.matchAll(/<g ([^>]*aria-label="dot"[^>]*)>(.*?)<\/g>/g),
  ]
    .map(([, look, all]) => [look, all.match(/<path/g)!.length] as const);
  assertEquals(dots.map(([, count]) => count), [2, 1, 1]);
  assertMatch(dots[1][0], /fill="var\(--paper\)"/);
});

test("of solid lines that coincide each is wider than the next", () => {
  const points = [[1, 1], [2, 2]] as const;
  const series = [1, 2, 3].map((color) => ({
    ...{ name: String(color), look: { color }, points },
  }));
  const drawn = toText(
    drawPanel({ ...panelOf([]), series }, size, document),
  );
  const widths = [...drawn.matchAll(/<g ([^>]*aria-label="line"[^>]*)>/g)]
    .map(([, look]) => Number(/stroke-width="([^"]*)"/.exec(look)![1]));
  assert(widths[0] > widths[1] && widths[1] > widths[2], String(widths));
});

test("drawLegend() names each series, in as many columns as fit", () => {
  const series = ["a", "b & c", "d"].map((name, color) => ({
    ...{ name, look: { color }, points: [] },
  }));
  const heightOf = (width: number) =>
    drawLegend(series, width, document).getAttribute("height");
  assertEquals([heightOf(900), heightOf(100)], ["24", "72"]);
  assert(toText(drawLegend(series, 900, document)).includes("b &amp; c"));
});

test("renderPanels() writes a file that describes itself", () => {
  const panel = { ...panelOf([[1, 1], [2, 2]]), title: "1 < 2" };
  const figure = {
    ...{ title: "T & U", subtitle: ["what it is"], description: "In words." },
    ...{ rows: [[panel, panel]], height: 200 },
  };
  const svg = renderPanels(figure);
  assertMatch(svg, /role="img" aria-labelledby="title description"/);
  assertMatch(svg, /<title id="title">T &amp; U<\/title>/);
  assertMatch(svg, /<desc id="description">In words.<\/desc>/);
  assertMatch(svg, /@media \(prefers-color-scheme: dark\)/);
  assertEquals(svg.match(/<style/g)?.length, 1);
  assertEquals(svg.match(/#[0-9a-f]{6}(?![^<]*<\/style>)/g), null);
  assertEquals(renderPanels(figure), svg);
});

test("drawLanes() makes flushes that follow each other distinguishable", () => {
  const flush = { large: [], oldest: 0, newest: 1, appends: 2 };
  const lane = {
    ...{ label: "a & b", look: { color: 1 } },
    flushes: [
      {
        ...{ ...flush, index: 0, arrivals: [0, 1] },
        ...{ started: 1, written: 2, durable: 6 },
      },
      {
        ...{ ...flush, index: 1, arrivals: [4], oldest: 4, newest: 4 },
        ...{ started: 6, written: 6, durable: 12 },
      },
    ],
  };
  const span = { fromMs: 0, toMs: 10 };
  const drawn = toText(drawLanes([lane], span, 100, document));
  const d = (name: string) =>
    new RegExp(`class="${name}".*?<path[^>]* d="([^"]*)"`).exec(drawn)?.[1];
  assertEquals(d("arrivals p0"), "M0,25L0,33M10,25L10,33");
  assertEquals(d("arrivals p1"), "M40,25L40,33");
  // Taller than the sync that follows it.
  assertEquals(d("writes p0"), "M20,44L20,61L10,61L10,44Z");
  assertEquals(d("syncs p0"), "M60,47L60,58L20,58L20,47Z");
  // Until the end of what is shown.
  assertEquals(d("syncs p1"), "M100,47L100,58L60,58L60,47Z");
  assert(drawn.includes("a &amp; b"));
});

test("drawLanes() marks what is cut out in every lane, and how long it is", () => {
  const lane = { label: "a", look: { color: 1 }, flushes: [] };
  const cuts = [{ fromMs: 2, toMs: 4, idleMs: 250 }];
  const span = { fromMs: 0, toMs: 10, cuts };
  const drawn = toText(drawLanes([lane, lane], span, 100, document));
  const bands = /class="cuts".*?<path[^>]* d="([^"]*)"/.exec(drawn)?.[1];
  const band = (from: number, to: number) =>
    `M40,${from}L40,${to}L20,${to}L20,${from}Z`;
  assertEquals(bands, band(19, 74) + band(95, 150));
  assertEquals(drawn.match(/>250 ms</g)?.length, 1);
});

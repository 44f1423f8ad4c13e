/// <reference lib="dom" />
import { colorOf, labelOf } from "../candidate.ts";
import { drawDistribution, drawThroughput, PLOT_HEIGHT } from "../draw_plot.ts";
import { drawTimeLine, timeLineHeight } from "../draw_time_line.ts";
import { formatMs } from "../format_figures.ts";
import type { Outcome, SweepPoint } from "../outcome.ts";
import type { Settings } from "../settings.ts";
import { timeWindow } from "../time_window.ts";
import { fillSvg, find, roomOf } from "./make.ts";

/** The time line and both plots. */
export class Plots {
  #sweeps: ReadonlyMap<string, readonly SweepPoint[]> = new Map();
  #settings: Settings | undefined;

  /** Draws what came of the policies, as wide as there is room. */
  show(outcomes: readonly Outcome[], settings: Settings): void {
    if (outcomes.length === 0) return;
    this.#settings = settings;
    this.#showTimeLine(outcomes, settings);
    const svg = find<SVGSVGElement>("distribution");
    const width = roomOf(svg);
    const curves = outcomes.map(({ id, appends, curve }) => ({
      color: colorOf(id),
      appends,
      latencies: curve,
    }));
    fillSvg(svg, drawDistribution(curves, width), width, PLOT_HEIGHT);
    describe(
      svg,
      "Distribution of latencies",
      outcomes,
      ({ figures }) =>
        `half within ${formatMs(figures.p50Ms)}, 99 of 100 within ` +
        formatMs(figures.p99Ms),
    );
    this.#showThroughput();
  }

  /** Draws policies at several loads, as far as they were run. */
  showSweeps(
    sweeps: ReadonlyMap<string, readonly SweepPoint[]>,
    settings: Settings,
  ): void {
    this.#sweeps = sweeps;
    this.#settings = settings;
    this.#showThroughput();
  }

  #showTimeLine(outcomes: readonly Outcome[], settings: Settings): void {
    const svg = find<SVGSVGElement>("time-line");
    const width = roomOf(svg);
    const window = timeWindow(outcomes, settings, width);
    const lanes = outcomes.map(({ id, figures, course }) => ({
      label: `${labelOf(id)} · mean ${formatMs(figures.meanMs)}`,
      color: colorOf(id),
      course,
    }));
    const content = drawTimeLine(lanes, window, width);
    fillSvg(svg, content, width, timeLineHeight(lanes.length));
    const [from, to] = [window.fromMs, window.toMs].map(formatMs);
    svg.setAttribute(
      "aria-label",
      `Appends and flushes of ${lanes.length} policies from ${from} to ${to}`,
    );
  }

  #showThroughput(): void {
    const svg = find<SVGSVGElement>("throughput");
    if (this.#settings === undefined || this.#sweeps.size === 0) return;
    const width = roomOf(svg);
    if (width === 0) return;
    const sweeps = [...this.#sweeps].map(([id, points]) => ({
      color: colorOf(id),
      points,
    }));
    const { metric } = this.#settings;
    fillSvg(svg, drawThroughput(sweeps, metric, width), width, PLOT_HEIGHT);
    svg.setAttribute(
      "aria-label",
      `Latency against throughput of ${sweeps.length} policies`,
    );
  }
}

function describe(
  svg: SVGSVGElement,
  title: string,
  outcomes: readonly Outcome[],
  say: (outcome: Outcome) => string,
): void {
  const each = outcomes.map((one) => `${labelOf(one.id)}: ${say(one)}`);
  svg.setAttribute("aria-label", `${title}. ${each.join("; ")}`);
}

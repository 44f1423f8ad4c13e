/// <reference lib="dom" />
import { drawLanes } from "../../figures/plot/lanes.ts";
import { labelOf, lookOf } from "../candidate.ts";
import { formatMs } from "../format_figures.ts";
import { drawDistribution, drawThroughput } from "../plots.ts";
import type { Outcome, SweepPoint } from "../run_candidate.ts";
import type { Settings } from "../settings.ts";
import { flushesWithin, placeStep, timeWindow } from "../time_line.ts";
import { find, roomOf, showDrawing } from "./dom.ts";

/** The time line and both plots. */
export class Plots {
  #sweeps: ReadonlyMap<string, readonly SweepPoint[]> = new Map();
  #settings: Settings | undefined;
  /** What the plots below the time line were last drawn from. */
  #drawn: readonly unknown[] = [];

  /** Draws how the policies did, as wide as there is room. */
  show(outcomes: readonly Outcome[], settings: Settings): void {
    if (outcomes.length === 0) return;
    this.#settings = settings;
    // Read before anything is drawn, because afterwards it would force a
    // layout.
    const width = roomOf(find<SVGSVGElement>("distribution"));
    this.#showTimeLine(outcomes, settings);
    const drawn = [outcomes, settings.metric, width];
    // While the time line plays, the others stay as they are.
    if (drawn.every((part, at) => part === this.#drawn[at])) return;
    this.#drawn = drawn;
    this.#showDistribution(outcomes, width);
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
      look: lookOf(id),
      flushes: flushesWithin(course, window, width),
    }));
    showDrawing(svg, drawLanes(lanes, window, width, document));
    const [from, to] = [window.fromMs, window.toMs].map(formatMs);
    svg.setAttribute(
      "aria-label",
      `Appends and flushes of ${lanes.length} policies from ${from} to ${to}`,
    );
  }

  #showDistribution(outcomes: readonly Outcome[], width: number): void {
    const svg = find<SVGSVGElement>("distribution");
    const curves = outcomes.map(({ id, appends, curve }) => ({
      name: labelOf(id),
      look: lookOf(id),
      appends,
      latencies: curve,
    }));
    showDrawing(svg, drawDistribution(curves, width, document));
    const each = outcomes.map(({ id, figures }) =>
      `${labelOf(id)}: half within ${formatMs(figures.p50Ms)}, 99 of 100 ` +
      `within ${formatMs(figures.p99Ms)}`
    );
    svg.setAttribute(
      "aria-label",
      `Distribution of latencies. ${each.join("; ")}`,
    );
  }

  #showThroughput(): void {
    const svg = find<SVGSVGElement>("throughput");
    if (this.#settings === undefined || this.#sweeps.size === 0) return;
    const width = roomOf(svg);
    if (width === 0) return;
    const sweeps = [...this.#sweeps].map(([id, points]) => ({
      name: labelOf(id),
      look: lookOf(id),
      points,
    }));
    const { metric } = this.#settings;
    showDrawing(svg, drawThroughput(sweeps, metric, width, document));
    svg.setAttribute(
      "aria-label",
      `Latency against throughput of ${sweeps.length} policies`,
    );
  }
}

/** How long it takes to move by a window's width, in ms. */
const WINDOW_MS = 6000;

/** With reduced motion the time line jumps half a window at this interval. */
const STEP_MS = 2000;

/** Plays the time line. */
export class Player {
  readonly #move: (place: number) => void;
  readonly #now: () => { outcomes: readonly Outcome[]; settings: Settings };
  readonly #button = find("play");
  readonly #still = matchMedia("(prefers-reduced-motion: reduce)");
  #isPlaying = false;
  #lastAt = 0;

  constructor(
    move: (place: number) => void,
    now: () => { outcomes: readonly Outcome[]; settings: Settings },
  ) {
    this.#move = move;
    this.#now = now;
  }

  /** Starts listening to the button. */
  start(): void {
    this.#button.addEventListener("click", () => {
      this.#set(!this.#isPlaying);
      if (!this.#isPlaying) return;
      // At the end it starts over.
      if (this.#now().settings.numbers.place >= 100) this.#move(0);
      this.#lastAt = performance.now();
      this.#soon();
    });
  }

  #soon(): void {
    if (this.#still.matches) setTimeout(() => this.#go(0.5), STEP_MS);
    else {
      requestAnimationFrame((at) => {
        const windows = Math.max(0, at - this.#lastAt) / WINDOW_MS;
        this.#lastAt = at;
        this.#go(windows);
      });
    }
  }

  #go(windows: number): void {
    if (!this.#isPlaying) return;
    const { outcomes, settings } = this.#now();
    const width = roomOf(find<SVGSVGElement>("time-line"));
    const step = outcomes.length === 0
      ? 0
      : placeStep(outcomes, settings, width);
    const place = settings.numbers.place + windows * step;
    this.#move(place);
    if (place >= 100) this.#set(false);
    else this.#soon();
  }

  #set(isPlaying: boolean): void {
    this.#isPlaying = isPlaying;
    this.#button.textContent = isPlaying ? "Pause" : "Play";
  }
}

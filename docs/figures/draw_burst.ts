import { drawMarker } from "../../cli/lab/draw_marker.ts";
import { element, textElement } from "../../cli/lab/svg_element.ts";
import {
  burst,
  BURST_SYNC_MS,
  type BurstFlush,
  type BurstRun,
  burstRuns,
  TIMES,
} from "./burst.ts";
import { drawFrame } from "./draw_frame.ts";

const TOP = 92;
const LANE = 66;
/** From a lane's top to its records' ticks, and to its flushes' bars. */
const TICKS = { from: 4, to: 14 };
const BAR = { from: 34, to: 54 };
const AXIS = { from: 206, to: 846 };
const LAST_MS = 32;
const SUMMARY = 862;

/** The same burst under each policy: which record rides in which flush. */
export function drawBurst(): string {
  const runs = burstRuns();
  const bottom = TOP + runs.length * LANE;
  return drawFrame(
    {
      title: "The same burst under each policy",
      subtitle:
        `A sync takes ${BURST_SYNC_MS} ms. Ticks: records; the long one is ` +
        `of ${most()} bytes, the others of ${least()}. ` +
        "Bars: flushes, and how many records ride in each.",
      label: "When each policy flushes the records of a burst",
    },
    bottom + 62,
    ...drawAxis(bottom),
    ...runs.flatMap((run, lane) => drawLane(run, TOP + lane * LANE)),
    textElement(
      `The burst comes every 100 ms; shown is the ${TIMES}th time, when ` +
        "what learns has learned.",
      24,
      bottom + 50,
      { class: "faint" },
    ),
  );
}

function most(): number {
  return Math.max(...burst.map(({ bytes }) => bytes));
}

function least(): number {
  return Math.min(...burst.map(({ bytes }) => bytes));
}

function x(ms: number): number {
  return AXIS.from + ms / LAST_MS * (AXIS.to - AXIS.from);
}

function drawAxis(bottom: number): string[] {
  const ticks = Array.from({ length: 7 }, (_, tick) => tick * 5);
  return ticks.flatMap((ms) => [
    element("line", {
      x1: x(ms),
      y1: TOP,
      x2: x(ms),
      y2: bottom,
      class: "grid",
    }),
    textElement(ms === 0 ? "0 ms" : String(ms), x(ms), bottom + 18, {
      class: "faint",
      "text-anchor": "middle",
    }),
  ]);
}

function drawLane(
  { name, look, flushes, meanMs }: BurstRun,
  top: number,
): string[] {
  return [
    drawMarker(look, 32, top + 40),
    textElement(name, 46, top + 44),
    ...flushes.flatMap((flush) => drawFlush(flush, look, top)),
    textElement(`mean ${meanMs.toFixed(1)} ms`, SUMMARY, top + 38),
    textElement(`${flushes.length} flushes`, SUMMARY, top + 54, {
      class: "faint",
    }),
  ];
}

function drawFlush(
  { records, startedAt, durableAt }: BurstFlush,
  look: number,
  top: number,
): string[] {
  const [from, to] = [x(startedAt), x(durableAt)];
  const bar = {
    x: from,
    y: top + BAR.from,
    width: to - from - 1.5,
    height: BAR.to - BAR.from,
    rx: 3,
  };
  const rides = records.flatMap((index) => {
    const { at, bytes } = burst[index];
    const tick = { x1: x(at), x2: x(at), class: `s${look}` };
    const long = bytes === least() ? 0 : 6;
    return [
      element("line", {
        ...tick,
        y1: top + TICKS.from - long,
        y2: top + TICKS.to,
      }),
      element("line", {
        ...tick,
        y1: top + TICKS.to,
        x2: from + 1,
        y2: top + BAR.from,
        "stroke-opacity": 0.45,
      }),
    ];
  });
  return [
    element("rect", { ...bar, class: `f${look}`, "fill-opacity": 0.22 }),
    element("rect", { ...bar, class: `s${look}`, fill: "none" }),
    ...rides,
    textElement(String(records.length), (from + to) / 2, top + BAR.to - 6, {
      "text-anchor": "middle",
    }),
  ];
}

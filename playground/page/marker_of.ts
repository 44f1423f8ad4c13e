/// <reference lib="dom" />
import { drawMarker } from "../../cli/lab/draw_marker.ts";
import { colorOf } from "../candidate.ts";
import { fillSvg } from "./make.ts";

/** The mark of a candidate, in its colour, for beside its name. */
export function markerOf(id: string): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "mark");
  svg.setAttribute("aria-hidden", "true");
  fillSvg(svg, drawMarker(colorOf(id), 7, 7), 14, 14);
  return svg;
}

import { COLORS } from "./plot_style.ts";
import { element } from "./svg_element.ts";

const RADIUS = 5;

/** Outlines around 0, of one size to the eye. */
const OUTLINES: readonly string[] = [
  circle(),
  polygon(4, Math.PI / 4, 1.2),
  polygon(3, -Math.PI / 2, 1.25),
  polygon(4, 0, 1.25),
  polygon(3, Math.PI / 2, 1.25),
  polygon(5, -Math.PI / 2, 1.1),
  polygon(6, 0, 1.1),
];

/** The mark of a contender: its colour and, for who sees none, its shape. */
export function drawMarker(index: number, x: number, y: number): string {
  const place = `translate(${x.toFixed(1)} ${y.toFixed(1)})`;
  return element("path", {
    d: OUTLINES[index % OUTLINES.length],
    transform: place,
    class: `mark f${index % COLORS}`,
  });
}

function circle(): string {
  const around = `a${RADIUS} ${RADIUS} 0 1 0`;
  const wide = 2 * RADIUS;
  return `M-${RADIUS} 0${around} ${wide} 0${around} -${wide} 0Z`;
}

function polygon(corners: number, turn: number, scale: number): string {
  const points = Array.from({ length: corners }, (_, corner) => {
    const angle = turn + corner / corners * 2 * Math.PI;
    const [x, y] = [Math.cos(angle), Math.sin(angle)]
      .map((part) => (part * RADIUS * scale).toFixed(1));
    return `${x} ${y}`;
  });
  return `M${points.join("L")}Z`;
}

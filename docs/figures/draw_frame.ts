import { PLOT_STYLE } from "../../cli/lab/plot_style.ts";
import { element, textElement } from "../../cli/lab/svg_element.ts";

/** Width of every plot, in pixels. */
export const WIDTH = 1000;

/** What is said about a plot. */
export interface About {
  readonly title: string;
  readonly subtitle: string;
  /** What it is, for who does not see it. */
  readonly label: string;
}

/** A plot with a title on a ground that suits light and dark. */
export function drawFrame(
  { title, subtitle, label }: About,
  height: number,
  ...content: readonly string[]
): string {
  const size = { width: WIDTH, height };
  const root = {
    xmlns: "http://www.w3.org/2000/svg",
    viewBox: `0 0 ${WIDTH} ${height}`,
    ...size,
    role: "img",
    "aria-label": label,
  };
  return element(
    "svg",
    root,
    element("style", {}, PLOT_STYLE),
    element("rect", { ...size, class: "ground" }),
    textElement(title, 24, 32, { class: "title" }),
    textElement(subtitle, 24, 54, { class: "faint" }),
    ...content,
  ) + "\n";
}

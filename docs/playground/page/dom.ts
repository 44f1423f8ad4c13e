/// <reference lib="dom" />
import { drawSymbol } from "../../figures/plot/panel.ts";
import { lookOf } from "../candidate.ts";

/** Makes an element with attributes and content. */
export function make<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Readonly<Record<string, string>>,
  ...content: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    element.setAttribute(key, value);
  }
  element.append(...content);
  return element;
}

/** The element of the page that has an id. */
export function find<T extends Element = HTMLElement>(id: string): T {
  return document.getElementById(id) as unknown as T;
}

/** Shows a drawing in an element that keeps its id and its label. */
export function showDrawing(svg: SVGSVGElement, drawing: SVGSVGElement): void {
  for (const { name, value } of drawing.attributes) {
    svg.setAttribute(name, value);
  }
  svg.replaceChildren(...drawing.childNodes);
}

/** The symbol of a candidate, in its color, to put next to its name. */
export function symbolFor(id: string): SVGSVGElement {
  const svg = drawSymbol(lookOf(id), document);
  svg.setAttribute("class", "mark");
  svg.setAttribute("aria-hidden", "true");
  return svg;
}

/** How wide a plot can be, in whole pixels. */
export function roomOf(svg: SVGSVGElement): number {
  return Math.floor(svg.parentElement!.clientWidth);
}

/**
 * Puts text on the clipboard; resolves to whether that worked. A page from a
 * server without TLS has no `navigator.clipboard`, only the old way.
 */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

function copyBySelection(text: string): boolean {
  const focused = document.activeElement;
  const area = make("textarea", { class: "hidden", "aria-hidden": "true" });
  area.value = text;
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return isCopied;
}

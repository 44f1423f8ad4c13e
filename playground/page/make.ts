/// <reference lib="dom" />

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

/** Fills an element with SVG that `element` of the library made. */
export function fillSvg(
  svg: SVGSVGElement,
  content: string,
  width: number,
  height: number,
): void {
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("width", String(width));
  svg.setAttribute("height", String(height));
  svg.innerHTML = content;
}

/** How wide a plot can be, in whole pixels. */
export function roomOf(svg: SVGSVGElement): number {
  return Math.floor(svg.parentElement!.clientWidth);
}

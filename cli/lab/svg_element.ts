/** Attributes of an element; numbers are rounded to a tenth of a pixel. */
export type Attributes = Readonly<Record<string, string | number>>;

/** An element with others inside, which are not escaped again. */
export function element(
  name: string,
  attributes: Attributes,
  ...content: readonly string[]
): string {
  const given = Object.entries(attributes).map(([key, value]) =>
    ` ${key}="${typeof value === "number" ? rounded(value) : escape(value)}"`
  ).join("");
  return content.length === 0
    ? `<${name}${given}/>`
    : `<${name}${given}>${content.join("")}</${name}>`;
}

/** Text at a place. */
export function textElement(
  text: string,
  x: number,
  y: number,
  attributes: Attributes = {},
): string {
  return element("text", { x, y, ...attributes }, escape(text));
}

/** The `d` of a line through points. */
export function linePath(points: readonly (readonly [number, number])[]) {
  return points.map(([x, y], index) =>
    `${index === 0 ? "M" : "L"}${rounded(x)} ${rounded(y)}`
  ).join("");
}

function rounded(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

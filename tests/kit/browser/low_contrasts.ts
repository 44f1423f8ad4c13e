import type { Page } from "playwright-core";

/// <reference lib="dom" />

/**
 * Texts with less contrast to their background than WCAG's level AA requires.
 */
export function lowContrasts(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    type Color = [red: number, green: number, blue: number, alpha: number];

    function parse(text: string): Color {
      const [red, green, blue, alpha = 1] = text.match(/[\d.]+/g)!.map(Number);
      return [red, green, blue, alpha];
    }

    function groundOf(element: Element | null): Color {
      if (element === null) return [255, 255, 255, 1];
      const color = parse(getComputedStyle(element).backgroundColor);
      return color[3] === 1 ? color : groundOf(element.parentElement);
    }

    function luminance(color: Color): number {
      const [red, green, blue] = color.slice(0, 3).map((part) => {
        const share = part / 255;
        return share <= 0.04045
          ? share / 12.92
          : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    }

    function contrast(one: Color, other: Color): number {
      const [dark, light] = [luminance(one), luminance(other)]
        .sort((a, b) => a - b);
      return (light + 0.05) / (dark + 0.05);
    }

    const low = new Set<string>();
    for (const element of document.querySelectorAll("body *")) {
      const hasText = [...element.childNodes].some((node) =>
        node.nodeType === Node.TEXT_NODE && node.textContent!.trim() !== ""
      );
      if (!hasText || element.getClientRects().length === 0) continue;
      const style = getComputedStyle(element);
      const color = parse(element.closest("svg") ? style.fill : style.color);
      const ratio = contrast(color, groundOf(element));
      if (ratio < 4.5) {
        low.add(`${element.textContent!.trim()}: ${ratio.toFixed(2)}`);
      }
    }
    return [...low];
  });
}

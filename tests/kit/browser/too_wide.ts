/// <reference lib="dom" />
import type { Page } from "playwright-core";

/**
 * What sticks out of the page, except for what scrolls by itself, or is within
 * `hidden`.
 */
export function tooWide(page: Page, hidden: string): Promise<string[]> {
  return page.$$eval("body *", (elements, hidden) => {
    const width = document.documentElement.clientWidth;
    return elements.filter((element) => {
      if (element.closest(`${hidden}, svg *`)) return false;
      const { left, right } = element.getBoundingClientRect();
      return left < 0 || right > width + 0.5;
    }).map((element) => `${element.tagName}#${element.id}`);
  }, hidden);
}

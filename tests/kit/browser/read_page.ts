import type { Page } from "playwright-core";
import {
  formatSettings,
  runKey,
  type Settings,
} from "../../../docs/playground/settings.ts";

/** Waits until the page shows all the results of these settings. */
export async function shown(page: Page, settings: Settings): Promise<void> {
  const key = JSON.stringify(runKey(settings));
  await page.waitForSelector(`#results[data-shown=${key}]`);
  await page.waitForSelector(`#verdict[data-shown=${key}]`);
  if (settings.load === "trace") return;
  await page.waitForSelector(`#throughput[data-shown=${key}]`);
}

/** Waits until the page's address holds these settings. */
export function linked(page: Page, settings: Settings): Promise<void> {
  const hash = `#${formatSettings(settings)}`;
  return page.waitForURL((url) => url.hash === hash);
}

/**
 * The table's cells by the id of the policy, without the words for screen
 * readers.
 */
export function figures(page: Page): Promise<Record<string, string[]>> {
  return page.$$eval(
    "#figures tbody tr",
    (rows) =>
      Object.fromEntries(rows.map((row) => [
        row.dataset.id,
        [...row.querySelectorAll("td")].map((cell) =>
          cell.firstChild!.textContent
        ),
      ])),
  );
}

/** The outlines that a plot is drawn with, to a tenth of a pixel. */
export function outlines(page: Page, id: string): Promise<string[]> {
  return page.$$eval(
    `#${id} path`,
    (paths) => paths.map((path) => path.getAttribute("d") ?? ""),
  ).then((all) => all.map(roundedOutline));
}

/** The outlines in SVG that was not put on a page. */
export function outlinesIn(svg: string): string[] {
  return [...svg.matchAll(/<path [^>]*\bd="([^"]*)"/g)]
    .map(([, d]) => roundedOutline(d));
}

function roundedOutline(d: string): string {
  return d.replaceAll(
    /-?\d+\.\d+/g,
    (number) => String(Math.round(Number(number) * 10) / 10),
  );
}

/// <reference lib="dom" />
/**
 * How the site can be read and searched, in a real Chromium: what
 * `deno_site_test.ts` or `deno task docs` has built. Saves pictures of it in
 * `.build/`.
 *
 * @module
 */
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { existsSync } from "node:fs";
import { guideFiles, pageOf } from "../../../docs/site/guides.ts";
import { assert, assertEquals } from "../../kit/assert.ts";
import { inBrowser } from "../../kit/browser/in_browser.ts";
import { lowContrasts } from "../../kit/browser/low_contrasts.ts";
import { serveDocs } from "../../kit/browser/serve_docs.ts";
import { buildDir } from "../../runner/files.ts";

const folder = `${buildDir}/docs`;

/** Pages of each kind. */
const PAGES = [
  ...["index", "guides/policies", "modules", "reference/policies"],
  "reference/wal/AdaptivePolicy",
];

const LOOKS: [string, BrowserContextOptions][] = [1280, 390].flatMap((width) =>
  (["light", "dark"] as const).map((
    colorScheme,
  ): [string, BrowserContextOptions] => [
    `${width}-${colorScheme}`,
    { colorScheme, viewport: { width, height: width < 900 ? 844 : 800 } },
  ])
);

/** Lends a page that goes to pages of the site; errors on its console count. */
async function visit(
  browser: Browser,
  options: BrowserContextOptions,
  use: (page: Page, go: (path: string) => Promise<void>) => Promise<void>,
): Promise<void> {
  assert(existsSync(`${folder}/index.html`), "run `deno task docs` first");
  const server = await serveDocs(folder);
  const context = await browser.newContext({
    reducedMotion: "reduce",
    ...options,
  });
  const wrong: string[] = [];
  try {
    const page = await context.newPage();
    page.on("pageerror", (error) => wrong.push(String(error)));
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) {
        wrong.push(message.text());
      }
    });
    await use(page, async (path) => {
      await page.goto(new URL(`/${path}.html`, server.url).href);
    });
    assertEquals(wrong, []);
  } finally {
    await context.close();
    await server.close();
  }
}

/** Waits until the page lists all others, which takes longest. */
async function listed(page: Page): Promise<void> {
  await page.waitForSelector("#tsd-nav-container a", { state: "attached" });
}

/** By how many pixels a page is wider than its window. */
function excessWidth(page: Page): Promise<number> {
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return scrollWidth - clientWidth;
  });
}

for (const [name, options] of LOOKS) {
  inBrowser(
    `the site can be read at ${name}`,
    (browser) =>
      visit(browser, options, async (page, go) => {
        for (const path of PAGES) {
          await go(path);
          await listed(page);
          await page.screenshot({
            path: `${buildDir}/site-${path.replaceAll("/", "-")}-${name}.png`,
          });
          assertEquals(await excessWidth(page), 0, path);
          assertEquals(await lowContrasts(page), [], path);
        }
      }),
  );
}

/** Pages of the reference with long words in them. */
const WIDE = ["reference/storage/SealedSegment", "reference/wal/LogIterator"];

inBrowser(
  "no guide is wider than a phone, and its plots load",
  (browser) =>
    visit(browser, LOOKS.at(-1)![1], async (page, go) => {
      for (const path of [...guideFiles().map(pageOf), ...WIDE]) {
        await go(path);
        assertEquals(await excessWidth(page), 0, path);
        const gone = await page.$$eval("img", (images) =>
          Promise.all((images as HTMLImageElement[]).map((image) =>
            image.decode().then(() =>
              "", () => image.src)
          )));
        assertEquals(gone.filter(Boolean), [], path);
      }
    }),
);

inBrowser(
  "the search leads to a symbol, to a guide and to a section",
  (browser) =>
    visit(browser, {}, async (page, go) => {
      await go("index");
      await listed(page);
      for (
        const [words, end] of [
          ["LeaderCommitPolicy", "reference/wal/LeaderCommitPolicy.html"],
          ["Durability", "guides/durability.html"],
          ["docker", "#does-it-work-in-docker-and-kubernetes"],
        ]
      ) {
        await page.click("#tsd-search-trigger");
        await page.fill("#tsd-search-input", words);
        await page.click(`#tsd-search-results a[href*="${end}"]`);
        await page.waitForURL((url) => url.href.endsWith(end));
      }
    }),
);

inBrowser(
  "the top of each page leads to the playground",
  (browser) =>
    visit(browser, {}, async (page, go) => {
      await go("reference/wal/AdaptivePolicy");
      await listed(page);
      await page.click("#tsd-toolbar-links >> text=Playground");
      await page.waitForSelector("#figures tbody tr");
    }),
);

import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { assertEquals } from "../assert.ts";
import { inBrowser } from "./in_browser.ts";
import { type DocsServer, serveDocs } from "./serve_docs.ts";

/** How a page is opened. */
export interface PageOptions extends BrowserContextOptions {
  /** What is appended to the address. */
  readonly hash?: string;
  /** Opens the file itself instead of asking a server for it. */
  readonly fromDisk?: boolean;
  /** Code that runs in the page before its own. */
  readonly before?: string;
  /** Errors on the console that are expected. */
  readonly expects?: RegExp;
}

/** What a test of the page is given. */
export interface Visit {
  readonly page: Page;
  readonly server: DocsServer;
}

/**
 * Registers a test of the playground in a browser. It also fails on any error
 * on the console and on any request except the one for the page. Where there is
 * no browser, it is skipped and says so.
 */
export function pageTest(
  name: string,
  options: PageOptions,
  body: (visit: Visit) => Promise<void>,
): void {
  inBrowser(name, (browser) => withPage(browser, options, body));
}

async function withPage(
  browser: Browser,
  options: PageOptions,
  body: (visit: Visit) => Promise<void>,
): Promise<void> {
  const server = await serveDocs();
  const { hash, fromDisk, before, expects, ...context } = options;
  const opened = await browser.newContext(context);
  try {
    const page = await opened.newPage();
    await visit(page, server, { hash, fromDisk, before, expects }, body);
  } finally {
    await opened.close();
    await server.close();
  }
}

async function visit(
  page: Page,
  server: DocsServer,
  { hash = "", fromDisk, before, expects }: PageOptions,
  body: (visit: Visit) => Promise<void>,
): Promise<void> {
  const wrong: string[] = [];
  const requests: string[] = [];
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("console", (message) => {
    if (!["error", "warning"].includes(message.type())) return;
    if (!expects?.test(message.text())) wrong.push(message.text());
  });
  page.on("request", (request) => {
    if (!/^(blob|data):/.test(request.url())) requests.push(request.url());
  });
  if (before !== undefined) await page.addInitScript(before);
  const disk = new URL(
    "../../../docs/playground/index.html",
    import.meta.url,
  ).href;
  const address = fromDisk ? disk : server.url;
  await page.goto(address + hash);
  await body({ page, server });
  assertEquals(wrong, []);
  // A fragment is not part of a request, but the browser names it.
  assertEquals([...new Set(requests.map((url) => url.split("#")[0]))], [
    address,
  ]);
  assertEquals(server.asked, fromDisk ? [] : ["/playground/index.html"]);
}

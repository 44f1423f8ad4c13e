import process from "node:process";
import { type Browser, chromium } from "playwright-core";
import { test } from "../register.ts";
import { findBrowser } from "./find_browser.ts";

const path = findBrowser();

/** One for all tests of a file, because it takes a second to start. */
const browser = path === undefined ? undefined : await start(path);

function start(executablePath: string): Promise<Browser> {
  const isRoot = process.getuid?.() === 0;
  return chromium.launch({
    executablePath,
    args: [
      // No name resolves: a request to another host fails and is noticed.
      "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
      ...(isRoot ? ["--no-sandbox"] : []),
    ],
  });
}

/**
 * Registers a test in a browser. Where there is none, the test is skipped and
 * says so.
 */
export function inBrowser(
  name: string,
  body: (browser: Browser) => Promise<void>,
): void {
  if (browser === undefined) {
    console.log(`skipped: ${name}: no Chromium is on the PATH`);
    return;
  }
  test(name, () => body(browser));
}

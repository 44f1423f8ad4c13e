import type { Page } from "playwright-core";
import { assertEquals } from "../assert.ts";

/// <reference lib="dom" />

/** Drops a file on the page, as a user does; the page has to accept it. */
export async function dropFile(
  page: Page,
  name: string,
  text: string,
): Promise<void> {
  const taken = await page.$eval("#results", (target, [name, text]) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([text], name));
    return ["dragover", "drop"].map((type) => {
      const about = { dataTransfer, bubbles: true, cancelable: true };
      return !target.dispatchEvent(new DragEvent(type, about));
    });
  }, [name, text]);
  // A browser navigates to a file that nothing accepted.
  assertEquals(taken, [true, true]);
}

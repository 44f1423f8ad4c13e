/// <reference lib="dom" />
import type { Page } from "playwright-core";

/** Drops a file on the page, as a user does. */
export async function dropFile(
  page: Page,
  name: string,
  text: string,
): Promise<void> {
  const transfer = await page.evaluateHandle(([name, text]) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([text], name));
    return transfer;
  }, [name, text]);
  const given = { dataTransfer: transfer };
  await page.dispatchEvent("#results", "dragover", given);
  await page.dispatchEvent("#results", "drop", given);
}

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";

const NAMES = [
  "chromium",
  "chromium-browser",
  "google-chrome",
  "google-chrome-stable",
];

/** The path of a Chromium that is on the PATH, if there is one. */
export function findBrowser(): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((path) => existsSync(path));
}

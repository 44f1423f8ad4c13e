import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { assertEquals } from "../kit/assert.ts";
import { importsOf, linesOf } from "../kit/sources.ts";
import { test } from "../kit/register.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const files = readdirSync(`${root}/bench`, { recursive: true })
  .map((file) => `bench/${file}`.replaceAll("\\", "/"))
  .filter((file) => file.endsWith(".ts") && !file.includes("node_modules"));

/** A way from `file` back to it along imports of types and values. */
function circleAt(file: string, path: string[] = [file]): string[] | undefined {
  for (const { to } of importsOf(path.at(-1)!)) {
    if (to === file) return [...path, to];
    if (!files.includes(to) || path.includes(to)) continue;
    const circle = circleAt(file, [...path, to]);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

test("the experiments' imports have no circle, types included", () => {
  assertEquals(files.map((file) => circleAt(file)).filter(Boolean), []);
});

test("no file of the experiments is longer than 400 lines", () => {
  assertEquals(files.filter((file) => linesOf(file).length > 400), []);
});

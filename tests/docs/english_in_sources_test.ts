/**
 * Keeps the habits of `english_habits.ts` out of the sources: out of comments
 * everywhere and, except in tests, out of strings, which are messages and help.
 *
 * @module
 */
import { assert } from "../kit/assert.ts";
import { test } from "../kit/register.ts";
import { habitsIn, sourceFiles } from "./english_files.ts";

test("the sources have none of the habits", () => {
  const files = sourceFiles().map(habitsIn).filter(({ length }) => length > 0);
  const lines = files.flatMap((hits) => [`(${hits.length})`, ...hits, ""]);
  assert(files.length === 0, `in ${files.length} files:\n${lines.join("\n")}`);
});

import { readdirSync, readFileSync } from "node:fs";
import { root } from "../runner/files.ts";
import {
  findHabits,
  type Passage,
  passagesOfDocument,
  passagesOfSource,
} from "./english.ts";
import { habits } from "./english_habits.ts";

/** What is installed, built or hidden, or quotes the habits. */
const LEFT_OUT =
  /(?:^|\/)(?:\.|node_modules\/|coverage\/)|^docs\/playground\/index\.html$|english_(?:habits|test)\.ts$/;

/** The documents, relative to the project. */
export function documentFiles(): string[] {
  return filesEnding(/^[^/]+\.md$|^docs\/.+\.md$/);
}

/** The sources, relative to the project. */
export function sourceFiles(): string[] {
  return filesEnding(/\.ts$|^docs\/playground\/.+\.html$/);
}

/** One line for each habit in a file, as editors and people can follow it. */
export function habitsIn(file: string): string[] {
  const text = readFileSync(`${root}/${file}`, "utf8");
  return findHabits(passagesIn(file, text), habits).map(
    ({ line, words, say }) => `${file}:${line}: habit "${words}": say ${say}`,
  );
}

/** In tests only the comments: their strings quote what others write. */
function passagesIn(file: string, text: string): Passage[] {
  if (!file.endsWith(".ts")) return passagesOfDocument(text);
  return passagesOfSource(file, text, { strings: !file.startsWith("tests/") });
}

function filesEnding(end: RegExp): string[] {
  return readdirSync(root, { withFileTypes: true })
    .filter(({ name }) => !LEFT_OUT.test(`${name}/`))
    .flatMap((entry) =>
      entry.isDirectory()
        ? readdirSync(`${root}/${entry.name}`, { recursive: true })
          .map((name) => `${entry.name}/${name}`.replaceAll("\\", "/"))
        : [entry.name]
    )
    .filter((file) => end.test(file) && !LEFT_OUT.test(file))
    .sort();
}

/**
 * Keeps habits out of the documents that make English hard to read. Which ones
 * and what to write instead is in `english_habits.ts`.
 *
 * @module
 */
import { assertEquals } from "../kit/assert.ts";
import { test } from "../kit/register.ts";
import { findHabits, passagesOfDocument, passagesOfSource } from "./english.ts";
import { documentFiles, habitsIn } from "./english_files.ts";
import { habits } from "./english_habits.ts";

const inSentence = (sentence: string) => passagesOfDocument(sentence);

for (const habit of habits) {
  test(`findHabits() finds "${habit.example}"`, () => {
    const found = findHabits(inSentence(habit.example), [habit]);
    assertEquals(found.length, 1, `${habit.habit} does not match`);
  });

  test(`findHabits() passes "${habit.counterexample}"`, () => {
    assertEquals(findHabits(inSentence(habit.counterexample), habits), []);
  });
}

test("findHabits() finds a habit across lines, and names the first", () => {
  const document = "# Title\n\nRecords wait\nfor\never.\n";
  const [hit, ...others] = findHabits(inSentence(document), habits);
  assertEquals(hit, { line: 4, words: "for ever", say: '"forever"' });
  assertEquals(others, []);
});

test("findHabits() looks into comments and strings, and not into code", () => {
  const source = [
    "/**",
    " * Waits for",
    " * ever.",
    " */",
    "const anew = /for ever/; // for ever",
    'const text = "some " + `${anew} ` + "waits for " +',
    '  "ever";',
    'import "./anew.ts";',
  ].join("\n");
  const linesWith = (strings: boolean) =>
    findHabits(passagesOfSource("a.ts", source, { strings }), habits)
      .map(({ line }) => line);
  assertEquals(linesWith(true), [2, 5, 6]);
  assertEquals(linesWith(false), [2, 5]);
});

test("findHabits() leaves out generated tables and keeps line numbers", () => {
  const document =
    "<!-- figures: x -->\n\nanew\n\n<!-- end of figures -->\n\nanew\n";
  const hits = findHabits(inSentence(document), habits);
  assertEquals(hits.map(({ line }) => line), [7]);
});

for (const file of documentFiles()) {
  test(`${file} has none of the habits`, () => {
    assertEquals(habitsIn(file), []);
  });
}

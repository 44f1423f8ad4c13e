import { formatRules, parseOptions } from "../../../bench/report/options.ts";
import { assertEquals, assertThrows } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

const rules = {
  rounds: { value: "N", help: "measure N times", default: "5", quick: "1" },
  rate: { value: "N", help: "rates", default: "10;20", many: true },
  only: { value: "NAME", help: "names", many: true },
  quick: { help: "be quick" },
} as const;

const fruits = ["apple", "apple, green", "pear"].map((name) => ({ name }));

function namesOf(items: readonly { name: string }[]): string[] {
  return items.map(({ name }) => name);
}

test("parseOptions() fills in defaults, and others with --quick", () => {
  assertEquals(parseOptions([], rules).number("rounds"), 5);
  assertEquals(parseOptions(["--quick"], rules).number("rounds"), 1);
  const given = parseOptions(["--quick", "--rounds", "3"], rules);
  assertEquals(given.number("rounds"), 3);
});

test("parseOptions() splits what may be repeated at semicolons", () => {
  assertEquals(parseOptions([], rules).numbers("rate"), [10, 20]);
  const args = ["--rate", "1; 2", "--rate", "3"];
  assertEquals(parseOptions(args, rules).numbers("rate"), [1, 2, 3]);
});

test("parseOptions() refuses options that do not exist", () => {
  assertThrows(() => parseOptions(["--round", "3"], rules), TypeError);
});

test("Options.number() refuses what is not above 0", () => {
  for (const text of ["0", "x", "", "Infinity"]) {
    const options = parseOptions(["--rounds", text], rules);
    assertThrows(
      () => options.number("rounds"),
      RangeError,
      `--rounds must be a number above 0: received "${text}"`,
    );
  }
});

test("Options.only() chooses by how names begin, in any case", () => {
  const choose = (...args: string[]) =>
    namesOf(parseOptions(args, rules).only(fruits));
  assertEquals(choose(), ["apple", "apple, green", "pear"]);
  assertEquals(choose("--only", "Apple"), ["apple", "apple, green"]);
  assertThrows(
    () => choose("--only", "plum"),
    RangeError,
    '--only must be one of apple; apple, green; pear: received "plum"',
  );
});

test("Options are written as they would be typed", () => {
  const options = parseOptions(["--only", "a b", "--quick"], rules);
  assertEquals(
    `${options}`,
    '--only "a b" --quick --rounds 1 --rate 10 --rate 20',
  );
});

test("formatRules() puts long notes on separate lines", () => {
  const help = "a".repeat(70);
  assertEquals(
    formatRules({ all: { help }, n: { value: "N", help, default: "1" } }),
    `  --all  ${help}\n  --n N  ${help}\n         (default: 1)`,
  );
});

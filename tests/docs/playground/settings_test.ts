import * as fc from "fast-check";
import {
  admit,
  fieldOf,
  type NumberName,
  NUMBERS,
} from "../../../docs/playground/number_field.ts";
import {
  formatSettings,
  INITIAL,
  readSettings,
  runKey,
  withNumber,
} from "../../../docs/playground/settings.ts";
import { assertEquals, assertNotEquals } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";
import { someSettings } from "../../kit/some_settings.ts";

const names = Object.keys(NUMBERS) as NumberName[];

test("readSettings() gives back what formatSettings() wrote", () => {
  fc.assert(fc.property(someSettings, (settings) => {
    assertEquals(readSettings(`#${formatSettings(settings)}`), settings);
  }));
});

test("readSettings() makes settings within bounds of any text", () => {
  const pair = fc.tuple(
    fc.constantFrom(...names, "load", "hidden", "choice", "other"),
    fc.oneof(fc.string(), fc.double().map(String), fc.constant("-1e999")),
  );
  fc.assert(fc.property(fc.array(pair), (pairs) => {
    const hash = pairs.map(([key, value]) =>
      `${key}=${encodeURIComponent(value)}`
    ).join("&");
    const { numbers } = readSettings(hash);
    for (const name of names) {
      assertEquals(admit(fieldOf(name), numbers[name]), numbers[name]);
    }
  }));
});

test("readSettings() takes from a link what it knows, and no more", () => {
  const { load, hidden, numbers } = readSettings(
    "#load=nonsense&rate=500&burst=2.6&sync=9999&size=&hidden=age.nobody",
  );
  assertEquals([load, hidden], ["rate", ["age"]]);
  const { rate, burst, sync, size } = numbers;
  assertEquals([rate, burst, sync, size], [500, 3, 200, 200]);
});

test("admit() lets 0 be where it is allowed, and nothing between", () => {
  assertEquals(admit(fieldOf("age"), 0), 0);
  assertEquals(admit(fieldOf("age"), 0.04), 0.05);
  assertEquals(admit(fieldOf("age"), 0.02), 0);
  assertEquals(admit(fieldOf("sync"), 0), 0.02);
  assertEquals(admit(fieldOf("sync"), NaN), 8);
});

test("runKey() changes with what is simulated, not with how it is seen", () => {
  const key = runKey(INITIAL);
  for (const name of names) {
    const changed = withNumber(INITIAL, name, fieldOf(name).most);
    const isView = ["place", "zoom", "price", "bound"].includes(name);
    assertEquals([name, runKey(changed) === key], [name, isView]);
  }
  const views = { metric: "p99", goal: "money", choice: "age" } as const;
  assertEquals(runKey({ ...INITIAL, ...views }), key);
  assertNotEquals(runKey({ ...INITIAL, hidden: ["age"] }), key);
});

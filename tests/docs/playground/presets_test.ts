import type { Verdict } from "../../../cli/lab/decide.ts";
import {
  compare,
  judge,
  seededSettings,
  SEEDS,
} from "../../../docs/playground/compare.ts";
import { presetOf, PRESETS } from "../../../docs/playground/presets.ts";
import {
  INITIAL,
  readSettings,
  type Settings,
  withNumber,
} from "../../../docs/playground/settings.ts";
import { assert, assertEquals } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

/** Which policy the goal of these settings picks, over ten seeds. */
function verdictOn(settings: Settings): Verdict {
  const steps = compare(settings);
  while (true) {
    const { done, value } = steps.next();
    if (done) return judge(value, settings)!;
  }
}

/** By the label of a preset, its best policy, and whether it clearly wins. */
const BEST: Readonly<Record<string, readonly [id: string, isClear: boolean]>> =
  {
    "Bursts on a slow disk": ["adaptive", true],
    "Bursts of a known length": ["window", false],
    "One caller on an NVMe drive": ["leader", false],
    "12 callers in step on a hard disk": ["adaptive", true],
    "A fixed number of callers": ["any", true],
    "Object storage, paid per request": ["adaptive", true],
    "Readings that can wait": ["age", false],
    "A queue of large records": ["bytes", true],
    "A flood": ["leader", false],
    "A noisy disk": ["leader", false],
  };

for (const { label, hash } of PRESETS) {
  test(`the goal of a preset picks the policy it is about: ${label}`, () => {
    const { choice, alike, isBoundMissed, standings } = verdictOn(
      readSettings(hash),
    );
    assertEquals([choice, alike.length === 1], [...BEST[label]]);
    assertEquals([isBoundMissed, standings.length], [false, 7]);
  });
}

test("presets differ: each policy but one wins somewhere", () => {
  assertEquals(Object.keys(BEST), PRESETS.map(({ label }) => label));
  const winners = new Set(Object.values(BEST).map(([id]) => id));
  assert(winners.size >= 5, [...winners].join());
});

test("paid object storage: what is best depends on the goal", () => {
  const { hash } = PRESETS.find(({ label }) => /paid/.test(label))!;
  const paid = readSettings(hash);
  assertEquals(verdictOn({ ...paid, goal: "mean" }).choice, "window");
  const strict = withNumber(paid, "bound", 150);
  const { choice, standings } = verdictOn(strict);
  assertEquals(choice, "age");
  const excluded = standings.filter((one) => one.isExcluded);
  assertEquals(excluded.map(({ name }) => name), ["any", "adaptive"]);
  const weighed = withNumber(withNumber(paid, "target", 0), "worth", 1000);
  assertEquals(verdictOn(weighed).choice, "any");
});

test("the first preset is a fresh page, and each is one sentence", () => {
  assertEquals(readSettings(PRESETS[0].hash), INITIAL);
  for (const { text } of PRESETS) assert(/^[A-Z0-9][^.]+\.$/.test(text), text);
});

test("presetOf() knows a preset however it is seen, and no other settings", () => {
  for (const preset of PRESETS) {
    const settings = readSettings(preset.hash);
    const seen = withNumber(settings, "zoom", 4);
    assertEquals(presetOf({ ...seen, choice: "age" }), preset);
    assertEquals(presetOf(withNumber(settings, "sync", 77)), undefined);
  }
});

test("seededSettings() has ten seeds, the first of which is the page's", () => {
  const settings = withNumber(INITIAL, "seed", 999_999);
  const seeds = seededSettings(settings).map(({ numbers }) => numbers.seed);
  assertEquals(seeds, Array.from({ length: SEEDS }, (_, nth) => 999_999 + nth));
});

test("judge() has no verdict without a policy", () => {
  assertEquals(judge([], INITIAL), undefined);
});

import { Buffer } from "node:buffer";
import type { Page } from "playwright-core";
import { newDocument, toText } from "../../../docs/figures/plot/figure.ts";
import { drawLanes } from "../../../docs/figures/plot/lanes.ts";
import {
  CANDIDATES,
  labelOf,
  lookOf,
} from "../../../docs/playground/candidate.ts";
import { compare, judge } from "../../../docs/playground/compare.ts";
import { describeVerdict } from "../../../docs/playground/describe_verdict.ts";
import { formatMs } from "../../../docs/playground/format_figures.ts";
import {
  fieldOf,
  type NumberName,
  sliderScale,
} from "../../../docs/playground/number_field.ts";
import { drawDistribution } from "../../../docs/playground/plots.ts";
import { runCandidate } from "../../../docs/playground/run_candidate.ts";
import {
  INITIAL,
  readSettings,
  type Settings,
  withNumber,
} from "../../../docs/playground/settings.ts";
import {
  flushesWithin,
  timeWindow,
} from "../../../docs/playground/time_line.ts";
import { burstyArrivals } from "../../../simulator/arrivals.ts";
import { loadTrace } from "../../../simulator/load_trace.ts";
import { recordedRun } from "../../../simulator/recorded_run.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
} from "../../kit/assert.ts";
import { dropFile } from "../../kit/browser/drop_file.ts";
import {
  cellsOf,
  expectedFigures,
} from "../../kit/browser/expected_figures.ts";
import {
  figures,
  linked,
  outlines,
  outlinesIn,
  shown,
} from "../../kit/browser/read_page.ts";
import { pageTest } from "../../kit/browser/with_page.ts";
import { policyOfCode } from "../../kit/policy_of_code.ts";
import { traceText } from "../../kit/trace_text.ts";

/// <reference lib="dom" />
/**
 * The playground as it is committed, in a real Chromium, served by a plain file
 * server and without any other network.
 *
 * @module
 */

const ids = CANDIDATES.map(({ id }) => id);

pageTest("the page's figures are the simulator's", {}, async ({ page }) => {
  await shown(page, INITIAL);
  assertEquals(await figures(page), expectedFigures(INITIAL));
  assertMatch(await page.innerText("#status"), /20,000 appends .* in a worker/);
});

const linkedTo =
  "#rate=900&burst=20&size=3000&sync=7&write=30&spread=1&seed=5" +
  "&window=3&count=16&bytes=9000&age=4&anyCount=50&anyAge=9&appends=4000";

pageTest(
  "the page opens as a link says",
  { hash: linkedTo },
  async ({ page }) => {
    const settings = readSettings(linkedTo);
    await shown(page, settings);
    assertEquals(await figures(page), expectedFigures(settings));
    assertEquals(await page.inputValue("#burst"), "20");
    assertEquals(await page.inputValue("#seed"), "5");
  },
);

pageTest(
  "callers who wait are simulated as callers",
  { hash: "#load=callers&callers=32&think=4" },
  async ({ page }) => {
    const settings = readSettings("load=callers&callers=32&think=4");
    await shown(page, settings);
    assertEquals(await figures(page), expectedFigures(settings));
    assert(await page.isHidden("#rate"));
  },
);

/** Asserts that the plots show what the settings lead to. */
async function assertPlots(
  page: Page,
  settings: Settings,
): Promise<void> {
  const outcomes = CANDIDATES.map((one) => runCandidate(one, settings));
  const widthOf = async (id: string) =>
    Number(await page.getAttribute(`#${id}`, "width"));
  const width = await widthOf("time-line");
  const window = timeWindow(outcomes, settings, width);
  const lanes = outcomes.map(({ id, figures, course }) => ({
    label: `${labelOf(id)} · mean ${formatMs(figures.meanMs)}`,
    look: lookOf(id),
    flushes: flushesWithin(course, window, width),
  }));
  const document = newDocument();
  const drawn = toText(drawLanes(lanes, window, width, document));
  assertEquals(await outlines(page, "time-line"), outlinesIn(drawn));
  const curves = outcomes.map(({ id, appends, curve }) => {
    return { name: id, look: lookOf(id), appends, latencies: curve };
  });
  const curveWidth = await widthOf("distribution");
  const curved = toText(drawDistribution(curves, curveWidth, document));
  assertEquals(await outlines(page, "distribution"), outlinesIn(curved));
}

/** Moves a slider by six steps; returns what should be set then. */
async function slide(
  page: Page,
  settings: Settings,
  name: NumberName,
): Promise<Settings> {
  await page.focus(`#${name}-slider`);
  for (let press = 0; press < 6; press++) {
    await page.keyboard.press("ArrowRight");
  }
  const { valueAt, positionOf } = sliderScale(fieldOf(name));
  const position = positionOf(settings.numbers[name]);
  return withNumber(settings, name, valueAt(position + 6));
}

pageTest("each slider moves the plots by key", {}, async ({ page }) => {
  const plots = ["time-line", "distribution", "throughput"];
  const sliders = [
    ...["rate", "burst", "burstMs", "size", "sync", "spread", "write"] as const,
  ];
  let before = INITIAL;
  await shown(page, before);
  for (const name of sliders) {
    const drawn = await Promise.all(plots.map((id) => outlines(page, id)));
    const after = await slide(page, before, name);
    const value = after.numbers[name];
    assert(value > before.numbers[name]);
    await linked(page, after);
    await shown(page, after);
    assertEquals(await page.inputValue(`#${name}`), String(value));
    assertEquals(await figures(page), expectedFigures(after));
    await assertPlots(page, after);
    const redrawn = await Promise.all(plots.map((id) => outlines(page, id)));
    for (const [index, plot] of redrawn.entries()) {
      assertNotEquals(plot, drawn[index]);
    }
    before = after;
  }
});

pageTest(
  "a policy's number changes that policy alone",
  {},
  async ({ page }) => {
    await shown(page, INITIAL);
    const before = await figures(page);
    await page.fill("#age", "25");
    const settings = withNumber(INITIAL, "age", 25);
    await shown(page, settings);
    const after = await figures(page);
    assertEquals(after, expectedFigures(settings));
    const changed = ids.filter((id) =>
      String(after[id]) !== String(before[id])
    );
    assertEquals(changed, ["age"]);
  },
);

/** What the page should say about which policy is best. */
function verdictOn(settings: Settings): string {
  const steps = compare(settings);
  while (true) {
    const { done, value } = steps.next();
    if (!done) continue;
    return describeVerdict(judge(value, settings)!, settings.numbers.bound);
  }
}

function starred(page: Page): Promise<string[]> {
  return page.$$eval(
    "#figures tr:has(.star)",
    (rows) => rows.map((row) => row.dataset.id!),
  );
}

pageTest("the goal decides which policy is best", {}, async ({ page }) => {
  await shown(page, INITIAL);
  assertEquals(await page.innerText("#verdict"), verdictOn(INITIAL));
  assertEquals(await starred(page), ["adaptive"]);
  assertMatch(await page.innerText("#code"), /new AdaptivePolicy\(\)/);
  await page.selectOption("#goal", "money");
  const money = { ...INITIAL, goal: "money" } as const;
  await linked(page, money);
  assertEquals(await page.innerText("#verdict"), verdictOn(money));
  assertEquals(await starred(page), ["any"]);
  assertMatch(await page.innerText("#code"), /anyOf\(/);
  await page.fill("#bound", "20.5");
  const bound = withNumber(money, "bound", 20.5);
  await linked(page, bound);
  assertEquals(await page.innerText("#verdict"), verdictOn(bound));
  assertEquals(await starred(page), ["adaptive"]);
});

pageTest("the adaptive policy weighs flushes against waiting", {
  hash: "#worth=2000",
}, async ({ page }) => {
  const worth = withNumber(INITIAL, "worth", 2000);
  await shown(page, worth);
  const weighed = expectedFigures(worth);
  assertEquals(await figures(page), weighed);
  assertNotEquals(weighed.adaptive, expectedFigures(INITIAL).adaptive);
  assertMatch(await page.innerText("#worth-hint"), /price divided by/);
  await page.fill("#target", "60");
  const bounded = withNumber(worth, "target", 60);
  await shown(page, bounded);
  assertEquals(await figures(page), expectedFigures(bounded));
});

pageTest("a price adds what a month costs, and a ladder larger batches", {
  hash: "#ladder=8",
}, async ({ page }) => {
  const ladder = withNumber(INITIAL, "ladder", 8);
  await shown(page, ladder);
  assertEquals(await figures(page), expectedFigures(ladder));
  await page.fill("#price", "5");
  const priced = withNumber(ladder, "price", 5);
  await linked(page, priced);
  assertEquals(await figures(page), expectedFigures(priced));
  assertMatch(await page.innerText("#figures thead"), /a month\s*$/);
});

pageTest("a policy that is left out appears nowhere", {}, async ({ page }) => {
  await page.uncheck("#show-bytes");
  const settings = { ...INITIAL, hidden: ["bytes"] };
  await shown(page, settings);
  assertEquals(
    Object.keys(await figures(page)),
    ids.filter((id) => id !== "bytes"),
  );
  await linked(page, settings);
  assertEquals(
    await page.locator("#time-line .names text").count(),
    ids.length - 1,
  );
});

pageTest("the time line can be seen without a run", {}, async ({ page }) => {
  await shown(page, INITIAL);
  const status = await page.innerText("#status");
  await page.focus("#place-slider");
  await page.keyboard.press("Home");
  const first = withNumber(INITIAL, "place", 0);
  const settings = await slide(page, first, "zoom");
  await linked(page, settings);
  await assertPlots(page, settings);
  assertEquals(await page.innerText("#status"), status);
});

for (
  const [how, options] of [
    ["from the disk", { fromDisk: true }],
    ["without workers", { before: "delete globalThis.Worker" }],
    ["with workers that fail", {
      before: `globalThis.Worker = class {
        constructor() { setTimeout(() => this.onerror(new Event("error"))); }
        postMessage() {}
        terminate() {}
      }`,
    }],
  ] as const
) {
  pageTest(`the page works ${how}`, options, async ({ page }) => {
    await shown(page, INITIAL);
    assertEquals(await figures(page), expectedFigures(INITIAL));
    const place = how === "from the disk" ? "in a worker" : "in the page";
    assertMatch(await page.innerText("#status"), new RegExp(place));
  });
}

const arrivals = [...burstyArrivals({ count: 3000, perSecond: 700, burst: 5 })];
const trace = traceText(arrivals);
const loaded = await loadTrace([trace]);

pageTest("a trace that is dropped is replayed", {}, async ({ page }) => {
  await dropFile(page, "service.ndjson", trace);
  const settings = { ...INITIAL, load: "trace", costs: "trace" } as const;
  await shown(page, settings);
  assertMatch(
    await page.innerText("#trace-summary"),
    /service\.ndjson\s+3,000 records in 3,000 appends/,
  );
  const { recorded, ...others } = await figures(page);
  assertEquals(others, expectedFigures(settings, loaded));
  assertEquals(recorded, cellsOf(recordedRun(loaded)!));
  await page.check("input[name=costs][value=set]");
  const set = { ...settings, costs: "set" } as const;
  await shown(page, set);
  const { recorded: _, ...drawn } = await figures(page);
  assertEquals(drawn, expectedFigures(set, loaded));
});

pageTest("a trace can be chosen, by a link's reader too", {
  hash: "#load=trace",
}, async ({ page }) => {
  await page.check("input[name=load][value=trace]");
  assertMatch(await page.innerText("#status"), /Waiting for a trace/);
  await page.setInputFiles("#file", {
    name: "chosen.ndjson",
    mimeType: "",
    buffer: Buffer.from(trace),
  });
  await page.waitForSelector("text=chosen.ndjson");
  await page.waitForSelector('tr[data-id="recorded"]');
});

pageTest(
  "a trace that is broken is refused by its line",
  {},
  async ({ page }) => {
    await shown(page, INITIAL);
    const lines = trace.split("\n");
    lines[41] = lines[41].replace('"at"', '"et"');
    await dropFile(page, "broken.ndjson", lines.join("\n"));
    const error = page.locator("#trace-error");
    await error.waitFor({ state: "visible" });
    assertMatch(
      await error.innerText(),
      /^broken\.ndjson: .* line 42 must be /,
    );
    // What was there continues.
    assertEquals(await figures(page), expectedFigures(INITIAL));
    await dropFile(page, "picture.png", "\x89PNG\n");
    await page.waitForSelector("text=picture.png");
    assertMatch(await error.innerText(), /line 1 must be a/);
  },
);

pageTest("the code that is copied makes the policy", {
  permissions: ["clipboard-read", "clipboard-write"],
}, async ({ page }) => {
  await shown(page, INITIAL);
  await page.selectOption("#choice", "any");
  await page.focus("#copy");
  await page.keyboard.press("Enter");
  await page.waitForSelector("#copied:has-text('Copied')");
  const code = await page.evaluate(() => navigator.clipboard.readText());
  assertEquals(code, await page.textContent("#code"));
  const policy = await policyOfCode(code);
  assertEquals(policy.limits, { records: 1000, bytes: 1_048_576 });
  const batch = { records: 2, bytes: 9, oldestAt: 5, newestAt: 6 };
  assertEquals(policy.due(batch, 6), 15);
});

pageTest("a link that is copied brings back what was set", {
  permissions: ["clipboard-read", "clipboard-write"],
}, async ({ page }) => {
  await page.fill("#rate", "777");
  await page.click("#link");
  await page.waitForSelector("#link:has-text('Copied')");
  const link = await page.evaluate(() => navigator.clipboard.readText());
  const settings = readSettings(new URL(link).hash);
  assertEquals(settings, withNumber(INITIAL, "rate", 777));
});

pageTest("nothing can leave the page", {
  expects: /Content Security Policy|Failed to fetch/,
}, async ({ page }) => {
  await shown(page, INITIAL);
  const answer = await page.evaluate(() =>
    fetch(location.href).then(() => "fetched", () => "refused")
  );
  assertEquals(answer, "refused");
});

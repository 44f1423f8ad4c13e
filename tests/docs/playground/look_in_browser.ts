import type { Page } from "playwright-core";
import { PRESETS } from "../../../docs/playground/presets.ts";
import { INITIAL, readSettings } from "../../../docs/playground/settings.ts";
import { poissonArrivals } from "../../../simulator/arrivals.ts";
import { assert, assertEquals } from "../../kit/assert.ts";
import { dropFile } from "../../kit/browser/drop_file.ts";
import { lowContrasts } from "../../kit/browser/low_contrasts.ts";
import { linked, shown } from "../../kit/browser/read_page.ts";
import { tooWide } from "../../kit/browser/too_wide.ts";
import { type PageOptions, pageTest } from "../../kit/browser/with_page.ts";
import { traceText } from "../../kit/trace_text.ts";
import { buildDir } from "../../runner/files.ts";

/// <reference lib="dom" />
/**
 * How the playground can be read and used, in a real Chromium: keys, contrast,
 * width, motion. Saves pictures of it in `.build/`.
 *
 * @module
 */

const trace = traceText(poissonArrivals({ count: 500, perSecond: 500 }));

/** What scrolls by itself, and what is only seen on focus, or never. */
const HIDDEN = ".scroll > *, .skip, .hidden";

const looks: [string, PageOptions][] = [1280, 390].flatMap((width) =>
  (["light", "dark"] as const).map((colorScheme): [string, PageOptions] => [
    `${width}-${colorScheme}`,
    { colorScheme, viewport: { width, height: width < 900 ? 844 : 800 } },
  ])
);

for (const [name, options] of looks) {
  pageTest(`the page can be read at ${name}`, options, async ({ page }) => {
    await shown(page, INITIAL);
    await page.$$eval("details", (all) => {
      for (const details of all) details.open = true;
    });
    await page.screenshot({
      path: `${buildDir}/playground-${name}.png`,
      fullPage: true,
    });
    assertEquals(await lowContrasts(page), []);
    assertEquals(await tooWide(page, HIDDEN), []);
    await dropFile(page, "other.ndjson", trace.replace('"at":0', '"at":"0"'));
    await page.locator("#trace-error").waitFor({ state: "visible" });
    assertEquals(await lowContrasts(page), []);
    await dropFile(page, "a-rather-long-name-of-a-trace.ndjson", trace);
    await page.waitForSelector('tr[data-id="recorded"]');
    assertEquals(await lowContrasts(page), []);
    assertEquals(await tooWide(page, HIDDEN), []);
  });
}

pageTest(
  "Tab goes through all controls, and out again",
  {},
  async ({ page }) => {
    await shown(page, INITIAL);
    const wanted = await page.$$eval(
      "a, button, input, select, summary, [tabindex='0']",
      (controls) => {
        const seen = (control: Element) => control.getClientRects().length > 0;
        controls.forEach((control, index) => control.id ||= `control-${index}`);
        // A group of radio buttons is one stop.
        return controls.filter(seen)
          .filter((control) =>
            !(control instanceof HTMLInputElement && control.type === "radio" &&
              !control.checked)
          ).map(({ id }) => id);
      },
    );
    const reached: string[] = [];
    for (let press = 0; press <= wanted.length; press++) {
      await page.keyboard.press("Tab");
      const focused = await page.evaluate(() => {
        const { activeElement: element } = document;
        if (element === null || element === document.body) return undefined;
        const target = element.id === "file"
          ? document.querySelector("label[for=file]")!
          : element;
        const { outlineStyle, outlineWidth } = getComputedStyle(target);
        return { id: element.id, outline: `${outlineStyle} ${outlineWidth}` };
      });
      if (focused === undefined) break;
      reached.push(focused.id);
      assertEquals(focused.outline, "solid 3px");
    }
    assertEquals(reached, wanted);
  },
);

pageTest("every control has an accessible name", {}, async ({ page }) => {
  await shown(page, INITIAL);
  const tree = await page.locator("body").ariaSnapshot();
  const nameless = tree.split("\n").filter((line) =>
    /- (slider|spinbutton|button|combobox|checkbox|radio|img)\b(?! ")/.test(
      line,
    )
  );
  assertEquals(nameless, []);
  assert(tree.includes('slider "Arrival rate"'), tree);
  assert(tree.includes('spinbutton "Age: Age, ms"'), tree);
});

for (const reducedMotion of ["reduce", "no-preference"] as const) {
  pageTest(`Play moves the time line, motion: ${reducedMotion}`, {
    reducedMotion,
  }, async ({ page }) => {
    await shown(page, INITIAL);
    await page.clock.install({ time: 0 });
    await page.clock.pauseAt(1000);
    const outline = () => page.getAttribute("#time-line .syncs path", "d");
    const before = await outline();
    await page.click("#play");
    await page.clock.runFor(500);
    const moves = await outline() !== before;
    assertEquals(moves, reducedMotion === "no-preference");
    await page.clock.runFor(2000);
    const later = await outline();
    assert(later !== before);
    await page.click("#play");
    await page.clock.runFor(2500);
    assertEquals(await outline(), later);
    assertEquals(await page.innerText("#play"), "Play");
  });
}

pageTest(
  "a situation to start from is set as a whole",
  {},
  async ({ page }) => {
    await shown(page, INITIAL);
    const { label, text, hash } = PRESETS[5];
    await page.selectOption("#preset", { label });
    const settings = readSettings(hash);
    await linked(page, settings);
    await shown(page, settings);
    assertEquals(await page.innerText("#preset-text"), text);
    await page.fill("#rate", "501");
    assertEquals(await page.inputValue("#preset"), "");
    await page.click("#reset");
    await linked(page, INITIAL);
    assertEquals(await page.inputValue("#preset"), PRESETS[0].label);
  },
);

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true };

/** Where an element is on the screen, from its top. */
function rangeOf(page: Page, selector: string) {
  return page.$eval(selector, (element) => {
    const { top, bottom } = element.getBoundingClientRect();
    return { top, bottom };
  });
}

pageTest("on a phone, each slider is seen with its effect", phone, async ({
  page,
}) => {
  await shown(page, INITIAL);
  await page.$$eval("details", (all) => {
    for (const details of all) details.open = true;
  });
  const ids = await page.$$eval(
    "#settings input[type=range]",
    (sliders) =>
      sliders.filter((one) => one.getClientRects().length > 0)
        .map(({ id }) => id),
  );
  assert(ids.length > 15, ids.join());
  for (const id of ids) {
    await page.focus(`#${id}`);
    const [slider, dock] = [
      await rangeOf(page, `#${id}`),
      await rangeOf(page, "#dock"),
    ];
    const isSeen = 0 <= slider.top && slider.bottom <= dock.top &&
      dock.bottom <= 844;
    assert(isSeen, JSON.stringify({ id, slider, dock }));
  }
});

pageTest("on a phone, the effect of a slider is shown at once", phone, async ({
  page,
}) => {
  await shown(page, INITIAL);
  for (const name of ["rate", "burst", "burstMs", "sync"]) {
    const before = await page.innerText("#dock ul");
    await page.focus(`#${name}-slider`);
    for (let press = 0; press < 4; press++) {
      await page.keyboard.press("ArrowRight");
    }
    await page.waitForFunction(
      (text) =>
        document.querySelector<HTMLElement>("#dock ul")!.innerText !== text,
      before,
    );
  }
});

pageTest("on a phone, the time line is seen with its sliders", phone, async ({
  page,
}) => {
  await shown(page, INITIAL);
  await page.$eval("#time-line", (svg) => svg.scrollIntoView());
  for (const name of ["place", "zoom"]) {
    await page.focus(`#${name}-slider`);
    const slider = await rangeOf(page, `#${name}-slider`);
    const { top, bottom } = await rangeOf(page, "#time-line");
    const share = (bottom - Math.max(0, top)) / (bottom - top);
    assert(slider.bottom <= 844 && share > 0.8, `${name}: ${share}`);
  }
});

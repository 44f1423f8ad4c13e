import {
  describeLevel,
  DEVICES,
  withDevice,
} from "../../../docs/playground/device.ts";
import {
  readSettings,
  type Settings,
} from "../../../docs/playground/settings.ts";
import {
  assertEquals,
  assertMatch,
  assertNotEquals,
} from "../../kit/assert.ts";
import { figures, shown } from "../../kit/browser/read_page.ts";
import { pageTest } from "../../kit/browser/with_page.ts";

/// <reference lib="dom" />

pageTest(
  "a kind of device, a level and a thread are set, and said in words",
  { hash: "#appends=2000" },
  async ({ page }) => {
    const start = readSettings("#appends=2000");
    await shown(page, start);
    const atDisk = await figures(page);
    await page.selectOption("#level", "os");
    await page.selectOption("#flushing", "thread");
    const level = { level: "os", flushing: "thread" } as const;
    await shown(page, { ...start, ...level });
    assertNotEquals(await figures(page), atDisk);
    const storage = DEVICES.find(({ label }) => label === "Object storage")!;
    await page.selectOption("#kind", storage.label);
    const settings: Settings = withDevice({ ...start, ...level }, storage);
    await shown(page, settings);
    assertEquals(await page.innerText("#kind-text"), storage.text);
    assertEquals(await page.inputValue("#price"), "5");
    assertEquals(await page.innerText("#level-text"), describeLevel(settings));
    const code = await page.innerText("#code");
    assertMatch(code, /synchronous: "normal",\n {2}flushing: "thread",\n/);
    await page.selectOption("#choice", "bytes");
    assertMatch(await page.innerText("#choice-text"), /^Bytes .*the best here/);
    await page.fill("#sync", "31");
    assertEquals(await page.inputValue("#kind"), "");
  },
);

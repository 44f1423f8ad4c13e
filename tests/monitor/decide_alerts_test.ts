import type { Alert } from "../../monitor/alert_options.ts";
import { thresholdsOf } from "../../monitor/alert_options.ts";
import {
  type AlertFigures,
  decideAlerts,
  type RaisedAlerts,
} from "../../monitor/decide_alerts.ts";
import { assertEquals } from "../kit/assert.ts";
import { test } from "../kit/register.ts";

/** A log for which there is no alert. */
const calm: Omit<AlertFigures, "now"> = {
  at: 0,
  queuedRecords: 10_000,
  flushMs: 100,
  stallMs: 5000,
  storedBytes: 1e9,
  freeBytes: 2 ** 28,
  cursors: new Map([["a", 100_000]]),
  troubles: [],
};

const thresholds = thresholdsOf({}, 4096);

/** Figures that are just too bad, one for each alert. */
const bad: Readonly<Record<string, Partial<AlertFigures>>> = {
  queuedRecords: { queuedRecords: 10_001 },
  flushMs: { flushMs: 100.1 },
  stallMs: { stallMs: 5000.1 },
  storedBytes: { storedBytes: 1e9 + 1 },
  freeBytes: { freeBytes: 2 ** 28 - 1 },
  cursorLagRecords: { cursors: new Map([["a", 100_001]]) },
  unhealthy: { troubles: ["it is full"] },
};

/** Decides about figures in turn, some seconds apart. */
function decideAll(
  figures: readonly Partial<AlertFigures>[],
  stepMs: number,
): { changes: Alert[][]; raised: RaisedAlerts } {
  let raised: RaisedAlerts = new Map();
  const changes = figures.map((some, step) => {
    const all = { ...calm, ...some, now: step * stepMs };
    const decided = decideAlerts(raised, all, thresholds);
    raised = decided.raised;
    return decided.changes;
  });
  return { changes, raised };
}

for (const [name, figures] of Object.entries(bad)) {
  test(`decideAlerts() raises ${name} at once and clears it after 10 s without a reason`, () => {
    // Each history of eight looks, four seconds apart.
    for (let history = 0; history < 2 ** 8; history++) {
      const isBad = Array.from(
        { length: 8 },
        (_, at) => (history >> at & 1) === 1,
      );
      const { changes } = decideAll(
        isBad.map((one) => one ? figures : {}),
        4000,
      );
      let isRaised = false;
      for (const [step, found] of changes.entries()) {
        const isRecent = isBad.slice(Math.max(0, step - 2), step + 1)
          .includes(true);
        const expected = isRecent === isRaised || !isRaised && !isBad[step]
          ? []
          : [isRecent ? "raised" : "cleared"];
        assertEquals(found.map(({ state }) => state), expected, `${isBad}`);
        assertEquals(found.every((one) => one.name === name), true);
        if (expected.length > 0) isRaised = isRecent;
      }
    }
  });
}

test("decideAlerts() says what is wrong, and that it no longer is", () => {
  const { changes } = decideAll([{ flushMs: 250.4, at: 7 }, {}, {}, {}], 5000);
  const raised = {
    ...{ name: "flushMs", value: 250.4, threshold: 100, at: 7 },
    message: "a flush took 250 ms, more than 100 ms",
  };
  const message = `no longer: ${raised.message}`;
  assertEquals<unknown>(changes, [
    [{ ...raised, state: "raised" }],
    [],
    [{ ...raised, state: "cleared", value: 100, at: 0, message }],
    [],
  ]);
});

test("decideAlerts() distinguishes cursors, and clears those that are gone", () => {
  const cursors = (...lags: [string, number][]) => ({ cursors: new Map(lags) });
  const { changes, raised } = decideAll([
    cursors(["a", 200_000], ["b", 1]),
    cursors(["a", 200_000], ["b", 300_000]),
    cursors(["b", 300_000]),
    cursors(["b", 300_000]),
  ], 6000);
  assertEquals(
    changes.map((some) =>
      some.map(({ state, cursor }) => `${state} ${cursor}`)
    ),
    [["raised a"], ["raised b"], [], ["cleared a"]],
  );
  assertEquals([...raised.keys()], ["cursorLagRecords b"]);
});

test("decideAlerts() raises nothing for thresholds that are off, or unknown figures", () => {
  const off = thresholdsOf({
    ...{ queuedRecords: false, flushMs: false, stallMs: Infinity },
    ...{ storedBytes: false, freeBytes: false, cursorLagRecords: false },
  }, 4096);
  const worst = {
    ...{ ...calm, now: 0, queuedRecords: 1e15, flushMs: 1e15, stallMs: 1e15 },
    ...{ storedBytes: 1e15, freeBytes: 0, cursors: new Map([["a", 1e15]]) },
  };
  assertEquals(decideAlerts(new Map(), worst, off).changes, []);
  const unknown = { ...calm, now: 0, freeBytes: undefined };
  assertEquals(decideAlerts(new Map(), unknown, thresholds).changes, []);
});

test("thresholdsOf() keeps room for four segments, and 256 MiB", () => {
  assertEquals(thresholdsOf({}, 2 ** 20).freeBytes, 2 ** 28);
  assertEquals(thresholdsOf({}, 2 ** 30).freeBytes, 2 ** 32);
  assertEquals(thresholdsOf({ freeBytes: 5 }, 2 ** 30).freeBytes, 5);
});

/**
 * Goal: a window lasts as long as it says, even if that is less than a timer
 * can measure.
 *
 * Method: a model of a runtime in which a turn takes 1/128 ms, and timers count
 * whole ms and are late; nothing depends on the machine.
 *
 * @module
 */
import { LeaderCommitPolicy } from "../../policies/leader_commit_policy.ts";
import { clockOn } from "../../writer/clock.ts";
import { anotherTurn } from "../kit/another_turn.ts";
import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertLessOrEqual,
} from "../kit/assert.ts";
import { ModelHost, TURN_MS } from "../kit/model_host.ts";
import { openWal } from "../kit/open_wal.ts";
import { test } from "../kit/register.ts";

/** How late `after(delayMs)` is, on a runtime whose timers are that late. */
function lateness(delayMs: number, timersLateMs: number) {
  const host = new ModelHost(timersLateMs);
  let firedAt = NaN;
  clockOn(host).after(delayMs, () => void (firedAt = host.now()));
  host.run();
  return { lateMs: firedAt - delayMs, timers: host.timers, turns: host.turns };
}

test("after() sets no timer below 2 ms, and is a turn late at most", () => {
  for (const delayMs of [0, 0.1, 0.3, 0.999, 1, 1.3, 1.875]) {
    const { lateMs, timers } = lateness(delayMs, 1.125);
    assertEquals(timers, 0);
    assertGreaterOrEqual(lateMs, 0);
    assertLessOrEqual(lateMs, TURN_MS);
  }
});

test("after() makes up for timers that are late from 2 to 10 ms", () => {
  for (const delayMs of [2, 2.3, 3.7, 9, 9.875]) {
    for (const timersLateMs of [0.125, 0.5, 1]) {
      const { lateMs, timers } = lateness(delayMs, timersLateMs);
      assertEquals(timers, 1);
      assertGreaterOrEqual(lateMs, 0);
      assertLessOrEqual(lateMs, TURN_MS);
    }
    assertLessOrEqual(lateness(delayMs, 1.125).lateMs, 0.125 + TURN_MS);
  }
});

test("after() sets a timer for whole ms of which a turn has passed", () => {
  for (const delayMs of [1.98, 2.98, 8.98]) {
    const { lateMs, timers, turns } = lateness(delayMs, 1);
    assertEquals(timers, 1);
    assertLessOrEqual(lateMs, 0.1);
    assertLessOrEqual(turns * TURN_MS, 1);
  }
});

test("after() keeps no core busy for longer than 2 ms", () => {
  for (const delayMs of [1.999, 2, 2.999, 9.999, 10, 1000]) {
    const { turns } = lateness(delayMs, 0.125);
    assertLessOrEqual(turns * TURN_MS, 2 + TURN_MS);
  }
  assertEquals(lateness(10, 1.125), { lateMs: 1.125, timers: 1, turns: 0 });
});

test("after() calls nothing once it is cancelled, whatever it waits for", () => {
  for (const delayMs of [0.3, 5, 20]) {
    for (const cancelAt of [0.25, 4.5]) {
      if (cancelAt >= delayMs) continue;
      const host = new ModelHost(0.125);
      let fired = false;
      const cancel = clockOn(host).after(delayMs, () => void (fired = true));
      const check = () =>
        host.now() < cancelAt ? void host.setImmediate(check) : cancel();
      check();
      host.run();
      assertEquals([delayMs, fired], [delayMs, false]);
    }
  }
});

/** How long a group of siblings waits until it is written. */
async function windowOf(windowMs: number): Promise<number> {
  const host = new ModelHost(1.125);
  const policy = new LeaderCommitPolicy({ windowMs });
  const { wal, log } = await openWal({ policy, clock: clockOn(host) });
  const siblings = Promise.all([wal.append("a"), wal.append("b")]);
  while (log.frames.length === 0) {
    host.run();
    await anotherTurn();
  }
  await siblings;
  const waited = host.now();
  const closing = wal.close();
  host.run();
  await closing;
  return waited;
}

test("LeaderCommitPolicy waits 0.3 ms for a window of 0.3 ms", async () => {
  const waited = await windowOf(0.3);
  assert(0.3 <= waited && waited <= 0.3 + 2 * TURN_MS, `${waited}`);
});

test("LeaderCommitPolicy waits 1.3 ms for a window of 1.3 ms", async () => {
  const waited = await windowOf(1.3);
  assert(1.3 <= waited && waited <= 1.3 + 2 * TURN_MS, `${waited}`);
});

import { VirtualClock } from "../../testing/virtual_clock.ts";
import { assert, assertEquals, assertRejects } from "../kit/assert.ts";
import { test } from "../kit/register.ts";

test("VirtualClock.run() lets time pass only where nothing else does", async () => {
  const clock = new VirtualClock();
  const instants: number[] = [];
  await clock.run((async () => {
    await new Promise<void>((resolve) => clock.endOfTurn(resolve));
    instants.push(clock.now());
    await new Promise<void>((resolve) => clock.after(7, resolve));
    instants.push(clock.now());
  })());
  assertEquals(instants, [0, 7]);
});

test("VirtualClock.run() says that a promise hangs", async () => {
  const never = new Promise(() => {});
  const idle = new VirtualClock();
  await assertRejects(() => idle.run(never), Error, "no timer is set");
  const busy = new VirtualClock();
  const again = () => void busy.after(1, again);
  again();
  await assertRejects(() => busy.run(never), Error, "is not settled after");
});

test("VirtualClock never goes back, however many timers there are", async () => {
  const clock = new VirtualClock();
  const again = () => void clock.after(0.01, again);
  again();
  let before = 0;
  for (let step = 0; step < 5; step++) {
    await clock.advance(10);
    assert(clock.now() >= before);
    before = clock.now();
  }
});

import { AppendAbortedError, onAbort, orAborted } from "../../writer/abort.ts";
import { assertEquals, assertRejects } from "../kit/assert.ts";
import { CountedSignal } from "../kit/counted_signal.ts";
import { test } from "../kit/register.ts";
import { track } from "../kit/track.ts";

test("onAbort() calls in order, and not what was ended before", () => {
  const counted = new CountedSignal();
  const called: string[] = [];
  const [, end] = ["a", "b", "c"].map((name) =>
    onAbort(counted.signal, () => called.push(name))
  );
  end();
  counted.abort();
  end();
  assertEquals(called, ["a", "c"]);
});

test("onAbort() has one listener for any number of calls, and none after", () => {
  const counted = new CountedSignal();
  const ends = Array.from(
    { length: 1000 },
    () => onAbort(counted.signal, () => {}),
  );
  assertEquals(counted.listeners, 1);
  for (const end of ends) end();
  assertEquals(counted.listeners, 0);
  onAbort(counted.signal, () => {});
  assertEquals(counted.listeners, 1);
  counted.abort();
  assertEquals([counted.listeners, counted.most], [0, 1]);
});

test("onAbort() does not call what an earlier call ends", () => {
  const counted = new CountedSignal();
  const called: string[] = [];
  onAbort(counted.signal, () => {
    called.push("first");
    end();
  });
  const end = onAbort(counted.signal, () => called.push("second"));
  counted.abort();
  assertEquals(called, ["first"]);
});

test("orAborted() settles as the first of both does, without a listener", async () => {
  const counted = new CountedSignal();
  const { signal } = counted;
  assertEquals(await orAborted(Promise.resolve(1), signal), 1);
  const failed = Promise.reject(new RangeError("x"));
  await assertRejects(() => orAborted(failed, signal), RangeError);
  assertEquals(counted.listeners, 0);
  const waiting = track(orAborted(new Promise(() => {}), signal));
  counted.abort("enough");
  await Promise.resolve();
  assertEquals(waiting.error, "enough");
  const late = track(orAborted(Promise.reject(new Error("x")), signal));
  await Promise.resolve();
  assertEquals(late.error, "enough");
});

test("AppendAbortedError says which record stays, and why", () => {
  const { lsn, cause, message } = new AppendAbortedError(7, "enough");
  assertEquals([lsn, cause], [7, "enough"]);
  assertEquals(
    message,
    "Cannot take back record 7 because it already has a place in the log: it " +
      "will be written, unless the log fails or the disk is full",
  );
});

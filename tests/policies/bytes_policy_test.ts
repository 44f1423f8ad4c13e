import { BytesPolicy } from "../../policies/bytes_policy.ts";
import { assertEquals, assertThrows } from "../kit/assert.ts";
import { ObservingPolicy } from "../kit/observing_policy.ts";
import { openWal } from "../kit/open_wal.ts";
import { test } from "../kit/register.ts";
import { track } from "../kit/track.ts";

/** Records of each flush that one burst of records of these bytes makes. */
async function burst(limit: number, lengths: number[]): Promise<number[]> {
  const policy = new ObservingPolicy(new BytesPolicy({ bytes: limit }));
  const { wal, clock, close } = await openWal({ policy });
  const appends = lengths.map((length) => wal.append(new Uint8Array(length)));
  await clock.settle(Promise.all(appends));
  await close();
  return policy.sizes;
}

test("BytesPolicy flushes a burst in pieces of its bytes", async () => {
  assertEquals(await burst(100, Array(10).fill(16)), [5, 5]);
});

test("BytesPolicy counts 4 bytes for each record's length", async () => {
  assertEquals(await burst(100, [46, 46, 46]), [2, 1]);
  assertEquals(await burst(100, [47, 46, 46]), [1, 2]);
});

test("BytesPolicy lets a record that is larger go alone", async () => {
  assertEquals(await burst(100, [10, 500, 10, 10]), [1, 1, 2]);
});

test("BytesPolicy seals a batch that has exactly its bytes", async () => {
  const policy = new BytesPolicy({ bytes: 100, whenIdle: "wait" });
  const { wal, log, clock, close } = await openWal({ policy });
  const appends = [track(wal.append(new Uint8Array(46)))];
  await clock.advance(1e9);
  assertEquals(appends[0].state, "pending");
  await clock.settle(wal.append(new Uint8Array(46)));
  assertEquals(log.order, ["append 1-2", "sync"]);
  await close();
});

test("BytesPolicy() has 64 KiB and flushes when idle by default", () => {
  const policy = new BytesPolicy();
  assertEquals([policy.limits, policy.whenIdle], [{ bytes: 65536 }, "flush"]);
  assertEquals(policy.due(), Infinity);
});

test("BytesPolicy() refuses bytes that are not a positive integer", () => {
  const rule =
    "Cannot create a BytesPolicy because bytes must be an integer of at " +
    "least 1: received ";
  for (const bytes of [0, -1, 1.5, NaN, Infinity]) {
    const error = assertThrows(() => new BytesPolicy({ bytes }), RangeError);
    assertEquals(error.message, `${rule}${bytes}`);
  }
  const bytes = 1n as unknown as number;
  const error = assertThrows(() => new BytesPolicy({ bytes }), TypeError);
  assertEquals(error.message, `${rule}1`);
});

test("BytesPolicy() refuses a whenIdle or options that it cannot use", () => {
  const whenIdle = "sleep" as "wait";
  const word = assertThrows(() => new BytesPolicy({ whenIdle }), TypeError);
  assertEquals(
    word.message,
    'Cannot create a BytesPolicy because whenIdle must be "flush" or "wait": ' +
      'received "sleep"',
  );
  const options = "64k" as unknown as { bytes: number };
  const error = assertThrows(() => new BytesPolicy(options), TypeError);
  assertEquals(
    error.message,
    'Cannot create a BytesPolicy because its options must be an object: received "64k"',
  );
});

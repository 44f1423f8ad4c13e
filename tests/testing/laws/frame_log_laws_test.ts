import { openStorage } from "../../../log/open_storage.ts";
import { MemoryStorage } from "../../../storage/memory/memory_storage.ts";
import type { Storage } from "../../../storage/storage.ts";
import { frameLogLaws } from "../../../testing/laws/frame_log_laws.ts";
import type { FrameLogPlace } from "../../../testing/laws/frame_log_under_test.ts";
import { checkOptions } from "../../../log/check_options.ts";
import { arrayPlace } from "../../kit/array_frame_log.ts";
import { assertEquals, assertThrows } from "../../kit/assert.ts";
import { asyncStorage } from "../../kit/async_storage.ts";
import { failuresOf, testNames } from "../../kit/failures_of.ts";
import { test } from "../../kit/register.ts";
import { depthOf } from "../../kit/share.ts";

/** Segments on a storage; small ones, so that there are several. */
async function segments(storage: Storage): Promise<FrameLogPlace> {
  const options = checkOptions({ segmentBytes: 4096, firstLsn: 5 });
  const reopen = () => openStorage(storage, undefined, options);
  const first = await reopen();
  const again = checkOptions({ segmentBytes: 4096 });
  return {
    log: first,
    reopen: () => openStorage(storage, undefined, again),
  };
}

const subjects: [string, () => FrameLogPlace | Promise<FrameLogPlace>][] = [
  ["an array", () => arrayPlace()],
  ["an array that is gone", () => ({ log: arrayPlace().log })],
  ["segments in memory", () => segments(new MemoryStorage())],
  ["segments, by promises", () => segments(asyncStorage(new MemoryStorage()))],
];

for (const [index, [subject, make]] of subjects.entries()) {
  for (const seed of [1, 20_263]) {
    if (depthOf(index) === "not at all") continue;
    const named = (name: string, body: () => Promise<void>) =>
      test(`${subject}, seed ${seed}: ${name}`, body);
    frameLogLaws(named, make, { seed });
  }
}

test("frameLogLaws() disposes of each place, when its log is closed", async () => {
  const events: string[] = [];
  const make = () => {
    const { log } = arrayPlace();
    log.close = () => Promise.resolve(void events.push("closed"));
    const dispose = () => void events.push("disposed");
    return { log, dispose };
  };
  const register = (test: Parameters<typeof frameLogLaws>[0]) =>
    frameLogLaws(test, make);
  assertEquals((await failuresOf(register)).size, 0);
  const laws = testNames(register).length;
  const expected = Array.from({ length: laws }, () => ["closed", "disposed"]);
  assertEquals(events, expected.flat());
});

test("frameLogLaws() refuses bad options", () => {
  const call = (options: unknown) => () =>
    frameLogLaws(() => {}, () => arrayPlace(), options as never);
  assertThrows(call({ seed: 0.5 }), RangeError, "because seed must");
  assertThrows(call({ seeds: 1 }), TypeError, "did you mean seed?");
  assertThrows(call(null), TypeError, "its options must be an object");
});

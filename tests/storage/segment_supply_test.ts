import { MemoryStorage } from "../../storage/memory_storage.ts";
import { VirtualClock } from "../../testing/virtual_clock.ts";
import { Wal } from "../../wal.ts";
import { assert, assertEquals, assertLessOrEqual } from "../support/assert.ts";
import { test } from "../support/register.ts";

const MIB = 1024 * 1024;
const RECORD_BYTES = 100 * 1000;

test("SegmentSupply prepares zeros in step with the log's own frames", async () => {
  const zeros = new Map<string, number>();
  const segments: number[] = [];
  let [zerosInAll, written] = [0, 0];
  const storage = new MemoryStorage({
    onCall({ operation, file, bytes }) {
      if (operation === "allocate") {
        assertLessOrEqual(bytes, MIB);
        zeros.set(file, (zeros.get(file) ?? 0) + bytes);
        zerosInAll += bytes;
        // The first MiB and a step at once, then twice what is written, and a
        // tenth early.
        assertLessOrEqual(zerosInAll, 3 * MIB + written * 2 / 0.9);
      }
      if (operation === "rename" && zeros.has(file)) {
        segments.push(zeros.get(file)! / MIB);
      }
    },
  });
  const clock = new VirtualClock();
  const wal = await Wal.open(storage, { clock, segmentBytes: 8 * MIB });
  for (let count = 0; count < 320; count++) {
    await clock.run(wal.append(new Uint8Array(RECORD_BYTES)));
    written += RECORD_BYTES;
  }
  assertEquals(segments, [1, 2, 4, 8, 8, 8]);
  await clock.run(wal.close());
  const left = (await storage.list()).filter((name) => name.endsWith(".tmp"));
  assertEquals(left, []);
});

test("SegmentSupply prepares nothing where frames are large", async () => {
  let allocated = false;
  const storage = new MemoryStorage({
    onCall({ operation }) {
      allocated ||= operation === "allocate";
    },
  });
  const clock = new VirtualClock();
  const wal = await Wal.open(storage, { clock });
  for (let count = 0; count < 20; count++) {
    await clock.run(wal.append(new Uint8Array(2 * RECORD_BYTES)));
  }
  await clock.run(wal.close());
  assert(!allocated);
});

/*
 * Goal: windows change nothing of what is read, wherever they end. Method:
 * segments whose frames end at each place around a window's end, with each kind
 * of end; the frames are known, because the test has laid them out.
 */
import {
  FRAME_HEADER_BYTES,
  frameBytes,
  KIND,
  makeFrame,
} from "../../../storage/format/frame.ts";
import { formatSegmentName } from "../../../storage/format/file_names.ts";
import { encodeSegmentHeader } from "../../../storage/format/segment_header.ts";
import { MemoryStorage } from "../../../storage/memory/memory_storage.ts";
import {
  SegmentReader,
  type SegmentStop,
} from "../../../storage/segments/segment_reader.ts";
import type { Storage } from "../../../storage/storage.ts";
import { Pace } from "../../../storage/turns.ts";
import { assert, assertEquals } from "../../kit/assert.ts";
import { changed } from "../../kit/changed_storage.ts";
import { countedTurns } from "../../kit/counted_turns.ts";
import { test } from "../../kit/register.ts";

const NAME = formatSegmentName(1, 1);
const START = 64;

/** Bytes read at a time where frames are small, and where they are large. */
const WINDOW = 128 * 1024;
const LARGE = 1024 * 1024;

/** A segment of frames that have `sizes` bytes each, and then `tail`. */
function segmentOf(sizes: readonly number[], tail: Uint8Array): Uint8Array {
  const header = { firstLsn: 1, epoch: 1, salt: 7, previous: 0 };
  const total = START + sizes.reduce((sum, size) => sum + size, 0);
  const bytes = new Uint8Array(total + tail.length);
  bytes.set(encodeSegmentHeader({ ...header, log: "0".repeat(32) }));
  let at = START;
  for (const [index, size] of sizes.entries()) {
    const payload = new Uint8Array(size - FRAME_HEADER_BYTES).fill(index + 1);
    new DataView(payload.buffer).setUint32(0, payload.length - 4, true);
    const made = makeFrame(payload, {
      ...{ salt: 7, previous: 0, firstLsn: index + 1, syncedLsn: 0 },
      ...{ count: 1, time: 0, kind: KIND.records },
    });
    bytes.set(made.bytes, at);
    at += size;
  }
  bytes.set(tail, total);
  return bytes;
}

/** What a reader finds: a place per frame, and why it stops. */
async function read(
  storage: Storage,
  pace?: Pace,
): Promise<{ sizes: number[]; stop: SegmentStop }> {
  const reader = await SegmentReader.open(storage, NAME, pace);
  const sizes: number[] = [];
  const frames = reader.frames();
  let offset = START;
  let step = await frames.next();
  for (; !step.done; step = await frames.next()) {
    for (const frame of step.value) {
      assertEquals([frame.offset, frame.firstLsn], [offset, sizes.length + 1]);
      const { payload } = frame;
      assertEquals(payload.length, frame.bytes - FRAME_HEADER_BYTES);
      assertEquals(payload.at(-1), sizes.length + 1 & 255);
      sizes.push(frame.bytes);
      offset += frame.bytes;
    }
  }
  await reader.close();
  return { sizes, stop: step.value };
}

function stored(bytes: Uint8Array): MemoryStorage {
  const storage = new MemoryStorage();
  storage.put(NAME, bytes);
  return storage;
}

const tails = [
  { what: "nothing", bytes: new Uint8Array(), fault: "end" },
  { what: "8 zeros", bytes: new Uint8Array(8), fault: "zeros" },
  { what: "48 zeros", bytes: new Uint8Array(48), fault: "zeros" },
  { what: "many zeros", bytes: new Uint8Array(2 * LARGE), fault: "zeros" },
  { what: "other bytes", bytes: new Uint8Array(60).fill(9), fault: "magic" },
  { what: "few bytes", bytes: new Uint8Array(20).fill(9), fault: "short" },
];

for (const { what, bytes: tail, fault } of tails) {
  test(`SegmentReader finds frames around a window's end, then ${what}`, async () => {
    for (const window of [WINDOW, LARGE]) {
      // The second frame begins, and its header ends, at each place around it.
      for (let before = -8; before <= FRAME_HEADER_BYTES + 72; before += 8) {
        const sizes = [window - before, 64, 56];
        const { sizes: found, stop } = await read(
          stored(segmentOf(sizes, tail)),
        );
        assertEquals(found, sizes, `${window}, ${before}`);
        const end = sizes.reduce((sum, size) => sum + size, START);
        assertEquals([stop.offset, stop.fault], [end, fault]);
      }
    }
  });
}

test("SegmentReader finds frames of every size after one another", async () => {
  const sizes = [
    ...[56, WINDOW, WINDOW + 8, WINDOW - 8, 64, LARGE, LARGE - 48, 72],
    ...[LARGE + 8, 2 * LARGE + 48, 3 * LARGE, 56, LARGE + 56, LARGE + 56, 80],
  ];
  const bytes = segmentOf(sizes, new Uint8Array());
  assertEquals((await read(stored(bytes))).sizes, sizes);
  for (const cut of [1, 40, 80, 81, LARGE + 56, LARGE + 57, 2 * LARGE]) {
    const { sizes: found, stop } = await read(
      stored(bytes.subarray(0, bytes.length - cut)),
    );
    let left = cut;
    const whole = [...sizes];
    while (left > 0) left -= whole.pop()!;
    assertEquals(found, whole, `cut by ${cut}`);
    assertEquals(stop.fault, left === 0 ? "end" : "short");
  }
});

test("SegmentReader detects any damage to a frame that it reads in pieces", async () => {
  const sizes = [64, 2 * LARGE + 104, 64];
  const good = segmentOf(sizes, new Uint8Array());
  const begin = START + 64;
  const end = begin + sizes[1];
  const places = [8, 47, 48, LARGE - 1, LARGE, LARGE + 1, 2 * LARGE]
    .map((at) => begin + at).concat(end - 1);
  for (const at of places) {
    const bytes = good.slice();
    bytes[at] ^= 1;
    const { sizes: found, stop } = await read(stored(bytes));
    assertEquals([found, stop.fault], [[64], "checksum"], `at ${at}`);
  }
});

test("SegmentReader continues after short reads", async () => {
  const sizes = [64, 2 * LARGE + 56, 64, WINDOW, 64];
  const whole = stored(segmentOf(sizes, new Uint8Array(100)));
  for (const most of [3000, LARGE - 1]) {
    const short = changed(whole, {
      file: (file) => ({
        read: (into, offset) => file.read(into.subarray(0, most), offset),
      }),
    });
    assertEquals((await read(short)).sizes, sizes);
  }
});

test("SegmentReader hands over few frames at a time, however small", async () => {
  const sizes = Array.from({ length: 5000 }, () => frameBytes(4));
  sizes.splice(10, 0, WINDOW + 8);
  const storage = stored(segmentOf(sizes, new Uint8Array()));
  const reader = await SegmentReader.open(storage, NAME);
  for await (const frames of reader.frames()) assert(frames.length <= 1024);
  await reader.close();
  assertEquals((await read(storage)).sizes, sizes);
});

test("SegmentReader gives way between windows, and within a large frame", async () => {
  for (
    const [sizes, least] of [
      [Array.from({ length: 256 }, () => WINDOW / 8), 7],
      [[8 * LARGE], 7],
    ] as const
  ) {
    const storage = stored(segmentOf(sizes, new Uint8Array()));
    const turns = countedTurns({ stepMs: 100 });
    const found = await read(storage, new Pace(turns));
    assertEquals(found.sizes, [...sizes]);
    assert(turns.given >= least, `${turns.given} turns`);
  }
});

test("SegmentReader.search() gives way between windows", async () => {
  const storage = stored(segmentOf([64], new Uint8Array(3 * LARGE)));
  const turns = countedTurns({ stepMs: 100 });
  const reader = await SegmentReader.open(storage, NAME, new Pace(turns));
  let count = 0;
  for await (const frames of reader.search(START)) count += frames.length;
  await reader.close();
  assertEquals([count, turns.given >= 7], [1, true]);
});

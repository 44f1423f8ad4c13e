import fc from "fast-check";
import {
  formatSegmentName,
  parseSegmentName,
} from "../../../storage/format/file_names.ts";
import { frameBytes, KIND, makeFrame } from "../../../storage/format/frame.ts";
import {
  encodeIndex,
  indexBytes,
} from "../../../storage/format/segment_index.ts";
import { MemoryStorage } from "../../../storage/memory/memory_storage.ts";
import {
  type ReadRange,
  SegmentReads,
} from "../../../storage/segments/read_segments.ts";
import { SegmentLookup } from "../../../storage/segments/segment_lookup.ts";
import { assert, assertEquals } from "../../kit/assert.ts";
import {
  type DrawnSegment,
  frame,
  index,
  LOG,
  NAME,
  SALT,
  segmentOf,
} from "../../kit/drawn_segment.ts";
import { test } from "../../kit/register.ts";

/*
 * Goal: an index saves reading and never yields another record, even if it
 * lies or is damaged. Method: segments of any frames, with any index; each
 * record is read, and all from it on, with and without the lookup.
 */

type Lookup = ReadRange["lookup"];

/** Reads everything from the segment's start. */
const noLookup: Lookup = { find: () => Promise.resolve(undefined) };

/** Frames are smaller, as those of most logs are smaller than 32 KiB. */
const STEP_BYTES = 256;

/** Damage to a segment's file. */
interface Damage {
  /** Bits that flip; those beyond the file's end count from its start. */
  flips: number[];
  /** The share of the file that is kept. */
  kept: number;
  /** Whether another segment follows. */
  goesOn: boolean;
}

const damage: fc.Arbitrary<Damage> = fc.record({
  flips: fc.array(fc.nat(2 ** 24), { minLength: 1, maxLength: 3 }),
  kept: fc.oneof(
    { arbitrary: fc.constant(1), weight: 5 },
    fc.double({ min: 0, max: 1, noNaN: true }),
  ),
  goesOn: fc.boolean(),
});

const NO_DAMAGE: Damage = { flips: [], kept: 1, goesOn: true };

/** The records read, holes as `undefined`, and the error that ended it. */
interface Reading {
  records: (number[] | undefined)[];
  error?: string;
}

class TestLog {
  readonly storage: MemoryStorage;
  readonly segments = [parseSegmentName(NAME)!];
  readonly lookup: SegmentLookup;
  /** Offsets that were read. */
  readonly reads: number[] = [];

  constructor({ bytes, records, next }: DrawnSegment, damage: Damage) {
    this.storage = new MemoryStorage({
      onCall: ({ operation, offset }) => {
        if (operation === "read") this.reads.push(offset);
      },
    });
    const file = bytes.slice(0, Math.ceil(bytes.length * damage.kept));
    for (const flip of damage.flips) {
      const bit = flip % (file.length * 8);
      if (file.length > 0) file[bit >> 3] ^= 1 << (bit & 7);
    }
    this.storage.put(NAME, file);
    if (damage.goesOn) {
      const name = formatSegmentName(records.length + 1, 1);
      this.storage.put(name, next);
      this.segments.push(parseSegmentName(name)!);
    }
    this.lookup = new SegmentLookup(this.storage, {
      ...{ log: LOG, firstLsn: () => 1, stepBytes: STEP_BYTES },
    });
  }

  async read(from: number, to: number, lookup: Lookup): Promise<Reading> {
    const reading: Reading = { records: [] };
    const range = { from, to, log: LOG, firstLsn: () => 1, lookup };
    try {
      const read = new SegmentReads(this.storage, this.segments, range);
      for (let step = await read.next(); !step.done; step = await read.next()) {
        const { records, lost = 0 } = step.value;
        reading.records.push(
          ...[...records].map((record) => [...record]),
          ...new Array(lost).fill(undefined),
        );
      }
    } catch (error) {
      reading.error = (error as Error).name;
    }
    return reading;
  }
}

/** Reads each record, and all from it on; compares with what was written. */
async function assertNoOtherRecord(
  drawn: DrawnSegment,
  damage: Damage,
): Promise<void> {
  const log = new TestLog(drawn, damage);
  const { length } = drawn.records;
  const truth = drawn.records.map((record) => record && [...record]);
  for (let from = 1; from <= length; from++) {
    for (const to of [from, length]) {
      const found = await log.read(from, to, log.lookup);
      const plain = await log.read(from, to, noLookup);
      const expected = truth.slice(from - 1, to);
      const { records, error } = found;
      assertEquals(records, expected.slice(0, records.length));
      if (error === undefined) assertEquals(records.length, expected.length);
      else assertEquals(error, "CorruptLogError");
      if (plain.error === undefined) assertEquals(found, plain);
    }
  }
  await log.lookup.close();
}

const frames = fc.array(frame, { maxLength: 24 });

test("SegmentLookup changes nothing of what is read, even if an index lies", async () => {
  const property = fc.asyncProperty(
    frames,
    index,
    fc.boolean(),
    async (frames, index, goesOn) => {
      const drawn = segmentOf(frames, index);
      await assertNoOtherRecord(drawn, { ...NO_DAMAGE, goesOn });
    },
  );
  await fc.assert(property, { numRuns: 500 });
});

test("SegmentLookup never yields another record from a damaged segment", async () => {
  const property = fc.asyncProperty(
    frames,
    index,
    damage,
    (frames, index, damage) =>
      assertNoOtherRecord(segmentOf(frames, index), damage),
  );
  await fc.assert(property, { numRuns: 500 });
});

const one = { kind: KIND.records, lsns: 0, bytes: 4 };
const index0 = {
  ...{ true: [], lies: [], forged: [], step: 0, footer: 0, tail: 0 },
};

test("SegmentLookup never yields another record, whichever byte is damaged", async () => {
  const frames = Array.from({ length: 12 }, () => ({ ...one, bytes: 30 }));
  const entries = frames.map((_, index) => index % 4 === 3);
  const drawn = segmentOf(frames, { ...index0, true: entries });
  for (let byte = 0; byte < drawn.bytes.length; byte++) {
    const flips = [byte * 8 + byte % 8];
    await assertNoOtherRecord(drawn, { ...NO_DAMAGE, flips });
  }
});

test("SegmentLookup believes no frame that is in a record, wherever an entry leads", async () => {
  const filler = Array.from({ length: 12 }, () => ({ ...one, bytes: 30 }));
  for (const count of [1, 2]) {
    for (const links of [true, false]) {
      for (let lsn = 2; lsn <= 24; lsn++) {
        const forged = { lsn, count, links };
        const drawn = segmentOf([...filler, { ...one, forged }, ...filler], {
          ...index0,
          ...{ forged: [true], step: STEP_BYTES },
        });
        await assertNoOtherRecord(drawn, NO_DAMAGE);
      }
    }
  }
});

test("SegmentLookup believes no seal in the last record of an unsealed segment", async () => {
  const frames = Array.from({ length: 12 }, () => ({ ...one, bytes: 30 }));
  const { offset } = segmentOf(frames, index0).places.at(-1)!;
  const frame = makeFrame(Uint8Array.of(1, 0, 0, 0, 0xee), {
    ...{ salt: SALT, previous: 0, firstLsn: 13, syncedLsn: 12 },
    ...{ count: 1, time: 0, kind: KIND.records },
  });
  // It leads to the frame, and knows all but the link to the next segment.
  const entries = [{ lsn: 13, offset: offset + 56 }];
  const seal = makeFrame(encodeIndex(entries, frameBytes(indexBytes(1))), {
    ...{ salt: SALT, previous: frame.checksum, firstLsn: 14, syncedLsn: 13 },
    ...{ count: 0, time: 0, kind: KIND.seal },
  });
  const data = Uint8Array.of(0, 0, 0, 0, ...frame.bytes, ...seal.bytes);
  const drawn = segmentOf([...frames, { ...one, data }], index0);
  const end = drawn.places.at(-1)!.offset;
  const bytes = drawn.bytes.slice(0, end);
  await assertNoOtherRecord({ ...drawn, bytes }, NO_DAMAGE);
});

test("SegmentLookup begins at the last entry at or below a record", async () => {
  const frames = Array.from({ length: 12 }, () => ({ ...one, bytes: 200 }));
  const at = [3, 7];
  const drawn = segmentOf(frames, {
    ...index0,
    true: frames.map((_, index) => at.includes(index)),
  });
  const log = new TestLog(drawn, NO_DAMAGE);
  await log.read(5, 5, log.lookup);
  const places = drawn.places.map(({ offset }) => offset);
  const begun: number[] = [];
  for (let lsn = 1; lsn <= 12; lsn++) {
    // Or else it would be in memory.
    await log.read(lsn < 7 ? 12 : 1, lsn < 7 ? 12 : 1, log.lookup);
    log.reads.length = 0;
    await log.read(lsn, lsn, log.lookup);
    begun.push(1 + places.indexOf(log.reads[0]));
  }
  assertEquals(begun, [1, 1, 1, 4, 4, 4, 4, 8, 8, 8, 8, 8]);
  await log.lookup.close();
});

test("SegmentLookup builds an index where a seal's is not true, and once", async () => {
  const frames = Array.from({ length: 40 }, () => ({ ...one, bytes: 200 }));
  const lies = [{ at: 0, frame: 20, lsn: 0, offset: 8 }];
  const log = new TestLog(segmentOf(frames, { ...index0, lies }), NO_DAMAGE);
  await log.read(30, 30, log.lookup);
  log.reads.length = 0;
  for (let lsn = 21; lsn <= 40; lsn++) await log.read(lsn, lsn, log.lookup);
  // One each, and one more that finds the end of the file.
  assert(log.reads.length <= 21, `${log.reads.length} reads`);
  await log.lookup.close();
});
